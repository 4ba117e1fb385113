package dev.cachetide.writebehind;

import dev.cachetide.sandbox.SandboxPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file system of a few megabytes with a tablespace on it, so that a disk is full when a test says
 * so. Where nothing may be mounted, a trigger says what a full disk would.
 */
final class TinyDisk implements AutoCloseable {

  private final Path directory;
  private final boolean mounted;

  private TinyDisk(Path directory, boolean mounted) {
    this.directory = directory;
    this.mounted = mounted;
  }

  static TinyDisk mount(SandboxPostgres postgres) throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("cachetide-tiny-disk-");
    boolean mounted =
        runs("mount", "-t", "tmpfs", "-o", "size=6m", "cachetide-tiny", directory.toString());
    if (mounted) {
      Files.setOwner(directory, Files.getOwner(postgres.directory().resolve("data")));
    } else {
      System.out.println("no file system may be mounted here: a trigger plays the full disk");
    }
    return new TinyDisk(directory, mounted);
  }

  /** Makes the tablespace {@code tiny}. */
  String tablespace() {
    return mounted
        ? "CREATE TABLESPACE tiny LOCATION '" + directory + "'"
        : "CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            + " RAISE EXCEPTION 'could not extend file: No space left on device'"
            + " USING ERRCODE = '53100'; END $$";
  }

  /** The table {@code blobs} moves onto it, or back. */
  String move(String tablespace) {
    return mounted ? "ALTER TABLE blobs SET TABLESPACE " + tablespace : "SELECT 1";
  }

  /** Leaves no room. */
  String fill() {
    return mounted
        ? "DO $$ BEGIN CREATE TABLE filler (f text) TABLESPACE tiny;"
            + " LOOP BEGIN INSERT INTO filler SELECT repeat('f', 1900) FROM generate_series(1, 4);"
            + " EXCEPTION WHEN disk_full THEN EXIT; END; END LOOP; END $$"
        : "CREATE TRIGGER full_disk BEFORE INSERT ON blobs EXECUTE FUNCTION full_disk()";
  }

  /** Makes room. */
  String free() {
    return mounted ? "DROP TABLE filler" : "DROP TRIGGER full_disk ON blobs";
  }

  String drop() {
    return mounted ? "DROP TABLESPACE tiny" : "DROP FUNCTION full_disk()";
  }

  /** What the server's log has then. */
  String says() {
    return "No space left on device";
  }

  @Override
  public void close() throws IOException {
    try {
      if (mounted && !runs("umount", "-l", directory.toString())) {
        throw new IOException("still mounted: " + directory);
      }
      Files.delete(directory);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException("interrupted before unmounting", e));
    }
  }

  private static boolean runs(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      // no such program: then it is not permitted either
      return false;
    }
  }
}
