package dev.cachetide.sandbox;

import java.io.IOException;

/**
 * One member of a {@link SandboxRedisCluster}: what is asked of it as such.
 *
 * @param busPort where the other nodes talk to it
 */
record ClusterNode(SandboxRedis redis, int busPort) {
  static final int SLOTS = 16_384;

  /** Takes the part of the slots that falls to the node when all are dealt evenly. */
  void takeSlots(int index, int primaries) throws IOException {
    int first = SLOTS * index / primaries;
    int last = SLOTS * (index + 1) / primaries - 1;
    redis.ask("CLUSTER", "ADDSLOTSRANGE", Integer.toString(first), Integer.toString(last));
    // Epochs that differ from the start need not be made to differ by elections.
    redis.ask("CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(index + 1));
  }

  void meet(ClusterNode other) throws IOException {
    redis.ask(
        "CLUSTER",
        "MEET",
        "127.0.0.1",
        Integer.toString(other.redis.port()),
        Integer.toString(other.busPort));
  }

  void replicate(ClusterNode primary) throws IOException {
    redis.ask("CLUSTER", "REPLICATE", primary.redis.ask("CLUSTER", "MYID").get(0));
  }

  ClusterView view() throws IOException {
    return ClusterView.of(redis.ask("CLUSTER", "NODES").get(0));
  }

  boolean saysOk() {
    return says("cluster_state:ok", "CLUSTER", "INFO");
  }

  /** A primary has no link to a primary and needs none. */
  boolean inStep() {
    return says("role:master", "INFO", "replication")
        || says("master_link_status:up", "INFO", "replication");
  }

  boolean settled(int primaries, int replicas) {
    try {
      return view().settled(primaries, replicas);
    } catch (IOException e) {
      // Silent or busy for now: the caller asks again until its limit.
      return false;
    }
  }

  private boolean says(String line, String... question) {
    try {
      return redis.ask(question).get(0).lines().anyMatch(line::equals);
    } catch (IOException e) {
      // Silent or busy for now: the caller asks again until its limit.
      return false;
    }
  }
}
