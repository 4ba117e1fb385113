package dev.cachetide.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The dump a Redis reads when it starts, and what was kept of earlier ones. Not thread-safe. */
final class RedisDump {
  private static final String KEPT = "dump.rdb";

  /** Another name, so that a server which keeps nothing does no harm to an earlier one's dump. */
  private static final String PASSING = "passing.rdb";

  private final Path folder;
  private final boolean persistent;
  private boolean restored;

  RedisDump(Path folder, boolean persistent) {
    this.folder = folder;
    this.persistent = persistent;
  }

  String fileName() {
    return persistent ? KEPT : PASSING;
  }

  /** A replica writes a dump too, and so does a SAVE; who keeps nothing must not find it again. */
  void beforeStart() {
    try {
      if (!persistent && !restored) {
        Files.deleteIfExists(file());
      }
    } catch (IOException e) {
      throw new SandboxException("the redis dump could not be deleted", e);
    }
  }

  void started() {
    restored = false;
  }

  /** A copy in the same folder. */
  Path copy() {
    try {
      Path copy = Files.createTempFile(folder, "saved-", ".rdb");
      return Files.copy(file(), copy, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new SandboxException("the redis dump could not be copied", e);
    }
  }

  /** What the next start reads, whether or not the server keeps dumps. */
  void put(Path copy) {
    try {
      Files.copy(copy, file(), StandardCopyOption.REPLACE_EXISTING);
      restored = true;
    } catch (IOException e) {
      throw new SandboxException("the redis dump could not be put back", e);
    }
  }

  private Path file() {
    return folder.resolve(fileName());
  }
}
