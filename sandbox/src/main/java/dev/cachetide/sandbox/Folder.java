package dev.cachetide.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * Where a server keeps its data: a given folder that stays, or a temporary one that goes on close.
 */
final class Folder implements AutoCloseable {
  private final Path path;
  private final @Nullable OrphanGuard guard;

  private Folder(Path path, @Nullable OrphanGuard guard) {
    this.path = path;
    this.guard = guard;
  }

  /** The given folder, created when missing; null means a temporary one. */
  static Folder of(@Nullable Path given, String name) {
    try {
      if (given != null) {
        return new Folder(Files.createDirectories(given).toRealPath(), null);
      }
      // Others may enter, because a server run as root hands its own folder inside to an
      // unprivileged user.
      var enterable = PosixFilePermissions.fromString("rwxr-xr-x");
      Path temporary = Files.createTempDirectory("cachetide-" + name + "-").toRealPath();
      Files.setPosixFilePermissions(temporary, enterable);
      return new Folder(temporary, OrphanGuard.deleting(temporary));
    } catch (IOException e) {
      throw new SandboxException("no data folder for " + name, e);
    }
  }

  Path path() {
    return path;
  }

  @Override
  public void close() {
    if (guard == null) {
      return;
    }
    guard.close();
    try {
      delete(path);
    } catch (IOException | UncheckedIOException e) {
      throw new SandboxException("temporary folder " + path + " could not be deleted", e);
    }
  }

  /** Deletes the folder with all it holds; files that vanish meanwhile are fine. */
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
              throws IOException {
            if (e != null) {
              throw e;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
