package dev.cachetide.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.cachetide.runtime.settings.SettingsLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/**
 * Notices that a configuration or its rule files say something else.
 *
 * <p>By content, and by looking: an editor replaces the file, Kubernetes swaps a link two folders
 * above it, a network file system keeps odd times; the content is what they have in common. Only
 * what was the same in two looks counts, so that a file which is being written, and may be a valid
 * half, is not taken for the whole. For one thread.
 */
final class FileWatch {

  private final Path file;
  private final Map<String, String> environment;
  private String handled;
  private String seen;

  /** What the files say now is known. */
  FileWatch(Path file, Map<String, String> environment) {
    this.file = file;
    this.environment = environment;
    handled = content();
    seen = handled;
  }

  /** Whether they say, for a second look, something that was not handled. */
  boolean changed() {
    String now = content();
    boolean settled = now.equals(seen);
    seen = now;
    return settled && !now.equals(handled);
  }

  /** To be called before the files are read: what is written from now on is a change. */
  void handling() {
    handled = content();
    seen = handled;
  }

  private String content() {
    MessageDigest digest = sha256();
    for (Path each : SettingsLoader.files(file, environment)) {
      digest.update((each + "\n").getBytes(UTF_8));
      try {
        digest.update(sha256().digest(Files.readAllBytes(each)));
      } catch (IOException e) {
        // Being away is what it says; whoever loads it names the reason.
        digest.update((byte) 0);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
