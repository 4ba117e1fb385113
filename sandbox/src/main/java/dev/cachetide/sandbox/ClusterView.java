package dev.cachetide.sandbox;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A cluster as one of its nodes sees it: the reply to CLUSTER NODES, read. */
record ClusterView(List<Member> members) {
  private static final int FIELDS_BEFORE_SLOTS = 8;

  static ClusterView of(String nodes) {
    return new ClusterView(nodes.lines().map(Member::of).toList());
  }

  Member of(int port) {
    return members.stream()
        .filter(each -> each.port == port)
        .findFirst()
        .orElseThrow(() -> new SandboxException("no cluster node on port " + port));
  }

  /** Who serves the slot; absent when nobody does. */
  Optional<Member> owner(int slot) {
    return members.stream().filter(each -> each.serves(slot)).findFirst();
  }

  /** Whether every member is known by its name and role, and none is thought to be away. */
  boolean settled(int primaries, int replicas) {
    return members.size() == primaries + replicas
        && members.stream().noneMatch(each -> each.is("handshake") || each.suspected())
        && members.stream().filter(each -> each.is("slave")).count() == replicas;
  }

  /** One line of the reply. */
  record Member(String id, int port, List<String> flags, List<String> slots) {

    static Member of(String line) {
      List<String> fields = List.of(line.split(" ", -1));
      String address = fields.get(1);
      String port = address.substring(address.indexOf(':') + 1, address.indexOf('@'));
      return new Member(
          fields.get(0),
          Integer.parseInt(port),
          List.of(fields.get(2).split(",", -1)),
          fields.stream().skip(FIELDS_BEFORE_SLOTS).toList());
    }

    boolean is(String flag) {
      return flags.contains(flag);
    }

    boolean suspected() {
      return is("fail") || is("fail?");
    }

    boolean serves(int slot) {
      return settledSlots()
          .map(range -> range.split("-", -1))
          .anyMatch(
              range ->
                  Integer.parseInt(range[0]) <= slot
                      && slot <= Integer.parseInt(range[range.length - 1]));
    }

    /** Without those in brackets, which are on their way from one node to another. */
    private Stream<String> settledSlots() {
      return slots.stream().filter(range -> !range.startsWith("["));
    }
  }
}
