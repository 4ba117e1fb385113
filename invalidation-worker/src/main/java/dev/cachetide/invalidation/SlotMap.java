package dev.cachetide.invalidation;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which server of a cluster holds which slots, as {@code CLUSTER NODES} tells it. Pure.
 *
 * @param slots of each primary by its node id
 * @param moving whether a slot is on its way from one to another
 */
record SlotMap(Map<String, String> slots, boolean moving) {

  private static final int BEFORE_SLOTS = 8;

  /** Copies the map. */
  SlotMap {
    slots = Map.copyOf(slots);
  }

  static SlotMap parse(String clusterNodes) {
    Map<String, String> slots = new TreeMap<>();
    boolean moving = false;
    for (String line : clusterNodes.lines().toList()) {
      String[] fields = line.split(" ", -1);
      if (fields.length > BEFORE_SLOTS && fields[2].contains("master")) {
        String[] owned = Arrays.copyOfRange(fields, BEFORE_SLOTS, fields.length);
        slots.put(fields[0], String.join(" ", owned));
        moving |= Arrays.stream(owned).anyMatch(slot -> slot.startsWith("["));
      }
    }
    return new SlotMap(slots, moving);
  }
}
