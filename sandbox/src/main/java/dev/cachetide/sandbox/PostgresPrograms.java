package dev.cachetide.sandbox;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * The Postgres programs for this machine. Only the archive comes from the embedding library: its
 * own server object can neither start again on the same port nor be killed, and it needs namespaces
 * to run as root.
 */
final class PostgresPrograms {
  private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-r--r--");
  private static final int ANY_EXECUTE_BIT = 0111;

  private PostgresPrograms() {}

  /** The folder that holds {@code initdb} and {@code postgres}. */
  static Path folder() throws IOException {
    return Programs.unpacked("postgres", PostgresPrograms::archive, PostgresPrograms::unpack)
        .resolve("bin");
  }

  private static InputStream archive() throws IOException {
    String system = System.getProperty("os.name").startsWith("Mac") ? "Darwin" : "Linux";
    String architecture = System.getProperty("os.arch").replace("amd64", "x86_64");
    return DefaultPostgresBinaryResolver.INSTANCE.getPgBinary(system, architecture);
  }

  private static void unpack(InputStream archive, Path into) throws IOException {
    try (TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(archive))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path target = into.resolve(entry.getName()).normalize();
        if (!target.startsWith(into)) {
          throw new IOException("archive entry outside the folder: " + entry.getName());
        }
        write(entry, tar, target);
      }
    }
  }

  private static void write(TarArchiveEntry entry, TarArchiveInputStream tar, Path target)
      throws IOException {
    if (entry.isDirectory()) {
      Files.createDirectories(target);
      return;
    }
    Files.createDirectories(target.resolve("..").normalize());
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
    } else {
      Files.copy(tar, target);
      Files.setPosixFilePermissions(
          target, (entry.getMode() & ANY_EXECUTE_BIT) == 0 ? FILE : Programs.PROGRAM_PERMISSIONS);
    }
  }
}
