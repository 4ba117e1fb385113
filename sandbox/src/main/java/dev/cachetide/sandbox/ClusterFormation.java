package dev.cachetide.sandbox;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** Makes one cluster of nodes that run and know nothing of each other. */
record ClusterFormation(List<ClusterNode> primaries, List<ClusterNode> replicas) {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** Returns when every node sees all others in their roles and says {@code cluster_state:ok}. */
  void form() throws IOException {
    // Before the introduction, because only a node that is alone may be given its epoch.
    for (int index = 0; index < primaries.size(); index++) {
      primaries.get(index).takeSlots(index, primaries.size());
    }
    introduce();
    // Only an acquaintance can be replicated.
    await("acquainted", () -> nodes().allMatch(node -> node.settled(size(), 0)));
    for (int index = 0; index < replicas.size(); index++) {
      replicas.get(index).replicate(primaries.get(index));
    }
    await("ok", () -> nodes().allMatch(this::complete));
  }

  /** Everybody to everybody: left to gossip, it would take a node timeout longer. */
  private void introduce() throws IOException {
    List<ClusterNode> nodes = nodes().toList();
    for (int index = 0; index < nodes.size(); index++) {
      for (ClusterNode later : nodes.subList(index + 1, nodes.size())) {
        nodes.get(index).meet(later);
      }
    }
  }

  private boolean complete(ClusterNode node) {
    return node.settled(primaries.size(), replicas.size()) && node.inStep() && node.saysOk();
  }

  private int size() {
    return primaries.size() + replicas.size();
  }

  private Stream<ClusterNode> nodes() {
    return Stream.concat(primaries.stream(), replicas.stream());
  }

  static void await(String what, BooleanSupplier condition) {
    if (!Waiting.until(condition, LIMIT)) {
      throw new SandboxException(
          "the redis cluster was not " + what + " within " + LIMIT.toSeconds() + " s");
    }
  }
}
