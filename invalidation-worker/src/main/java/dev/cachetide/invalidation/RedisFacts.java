package dev.cachetide.invalidation;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What Redis said of itself at one moment.
 *
 * @param user that the worker is, {@code default} unless the address names one
 * @param clustered whether the server that the address names is a node of a cluster
 * @param servers those that hold the keys
 * @param refused what this user may not do, with Redis's words, by what it was
 */
public record RedisFacts(
    String user, boolean clustered, List<Server> servers, Map<String, String> refused) {

  /** Copies the collections. */
  public RedisFacts {
    servers = List.copyOf(servers);
    refused = Map.copyOf(refused);
  }

  /**
   * One server that holds keys.
   *
   * @param name for people
   * @param maxmemory in bytes; 0 for no limit
   * @param appendOnly whether it keeps an AOF
   * @param save when it writes an RDB, as {@code CONFIG GET save} has it; null when it may not be
   *     asked
   * @param aheadMillis its clock before this machine's; null when it may not be asked
   */
  public record Server(
      String name,
      String version,
      String runId,
      boolean replica,
      String policy,
      long maxmemory,
      boolean appendOnly,
      @Nullable String save,
      @Nullable Long aheadMillis) {}
}
