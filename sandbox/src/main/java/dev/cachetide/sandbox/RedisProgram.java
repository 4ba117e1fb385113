package dev.cachetide.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import redis.embedded.RedisExecProvider;

/** The one redis-server program, which is a data server, a cluster's node or a Sentinel. */
final class RedisProgram {
  private static final String PROGRAM = "redis-server";

  private RedisProgram() {}

  static Path path() {
    try {
      // The library's own copy in a temporary folder is removed only when the JVM ends in order.
      Path unpacked = RedisExecProvider.defaultProvider().get().toPath();
      return Programs.unpacked(
              "redis",
              () -> Files.newInputStream(unpacked),
              (stream, into) -> {
                Path program = into.resolve(PROGRAM);
                Files.copy(stream, program);
                Files.setPosixFilePermissions(program, Programs.PROGRAM_PERMISSIONS);
              })
          .resolve(PROGRAM);
    } catch (IOException e) {
      throw new SandboxException("the redis program could not be unpacked", e);
    }
  }
}
