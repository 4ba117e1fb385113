package dev.cachetide.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * What a redis-server reads when it starts.
 *
 * <p>A file rather than arguments, for two reasons: arguments with passwords would show in every
 * list of processes, and a Sentinel that makes a server a replica has it rewrite its file, so that
 * it still is one after a restart. Not thread-safe.
 */
final class RedisConfiguration {
  private final List<String> lines = new ArrayList<>();

  /** One directive with its words; where Redis knows only one, the last counts. */
  RedisConfiguration set(String directive, String... words) {
    StringBuilder line = new StringBuilder(directive);
    for (String word : words) {
      line.append(' ').append(quoted(word));
    }
    lines.add(line.toString());
    return this;
  }

  boolean isEmpty() {
    return lines.isEmpty();
  }

  RedisConfiguration addAll(RedisConfiguration others) {
    lines.addAll(others.lines);
    return this;
  }

  /** Replaces the file by one that only we may read. */
  void writeTo(Path file) {
    try {
      Files.deleteIfExists(file);
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.write(file, lines);
    } catch (IOException e) {
      throw new SandboxException("the redis configuration could not be written", e);
    }
  }

  private static String quoted(String word) {
    if (word.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException("a redis option with a control character");
    }
    return '"' + word.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
