package dev.cachetide.internal.redis;

import java.util.Optional;

/** What Redis answers to INFO, as far as clients and workers have to know who answers. Pure. */
public final class ServerInfo {

  private static final String RUN_ID = "run_id:";

  private ServerInfo() {}

  /** Which start of which server, from the section {@code server}; empty when it does not tell. */
  public static Optional<String> runId(String info) {
    return info.lines()
        .filter(line -> line.startsWith(RUN_ID))
        .map(line -> line.substring(RUN_ID.length()).strip())
        .findFirst();
  }

  /** Whether it follows another server, from the section {@code replication}. */
  public static boolean isReplica(String info) {
    return info.lines().anyMatch(line -> line.strip().equals("role:slave"));
  }
}
