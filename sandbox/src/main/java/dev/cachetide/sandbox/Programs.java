package dev.cachetide.sandbox;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;

/**
 * The servers' programs, unpacked once per user into a folder below the temporary one. A program
 * appears there by one rename, so that JVMs that start at the same time never see half of it.
 */
final class Programs {
  /** Everybody may run it and enter it; only we may change it. */
  static final Set<PosixFilePermission> PROGRAM_PERMISSIONS =
      PosixFilePermissions.fromString("rwxr-xr-x");

  private Programs() {}

  /** Opens an archive or program among the libraries. */
  interface Source {
    InputStream open() throws IOException;
  }

  /** Writes what the stream holds below an empty folder. */
  interface Unpacking {
    void unpack(InputStream from, Path into) throws IOException;
  }

  /**
   * The folder that holds what the source unpacks to; its content's digest is part of the folder's
   * name.
   */
  static Path unpacked(String name, Source source, Unpacking unpacking) throws IOException {
    ServerProcess.EXECUTABLES.lock();
    try {
      Path ours = folderOfThisUser();
      Path folder = ours.resolve(name + "-" + digest(source));
      if (!Files.isDirectory(folder)) {
        unpackAside(ours, folder, source, unpacking);
      }
      return folder;
    } finally {
      ServerProcess.EXECUTABLES.unlock();
    }
  }

  private static void unpackAside(Path ours, Path folder, Source source, Unpacking unpacking)
      throws IOException {
    Path aside = Files.createTempDirectory(ours, "unpacking-");
    try (InputStream stream = new BufferedInputStream(source.open())) {
      Files.setPosixFilePermissions(aside, PROGRAM_PERMISSIONS);
      unpacking.unpack(stream, aside);
      Files.move(aside, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      Folder.delete(aside);
      // Another JVM may have been first; what it unpacked is the same.
      if (!Files.isDirectory(folder)) {
        throw e;
      }
    }
  }

  /** Programs are run from here, so a folder that somebody else made is refused. */
  private static Path folderOfThisUser() throws IOException {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    Path ours = temporary.resolve("cachetide-" + System.getProperty("user.name"));
    try {
      Files.createDirectory(ours);
      Files.setPosixFilePermissions(ours, PROGRAM_PERMISSIONS);
    } catch (FileAlreadyExistsException e) {
      // From an earlier run, as it should be; whose it is comes next.
    }
    Path probe = Files.createTempFile(ours, "owner-", "");
    try {
      if (Files.isSymbolicLink(ours) || !Files.getOwner(ours).equals(Files.getOwner(probe))) {
        throw new SandboxException(
            ours + " belongs to another user; set java.io.tmpdir to a folder of your own");
      }
    } finally {
      Files.delete(probe);
    }
    return ours;
  }

  private static String digest(Source source) throws IOException {
    try (DigestInputStream stream =
        new DigestInputStream(source.open(), MessageDigest.getInstance("SHA-256"))) {
      stream.transferTo(java.io.OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(stream.getMessageDigest().digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
