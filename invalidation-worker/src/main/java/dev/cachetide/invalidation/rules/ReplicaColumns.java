package dev.cachetide.invalidation.rules;

import java.util.Set;

/**
 * What the WAL tells of a row as it was before a change: the replica identity, as far as every
 * relation that holds rows of the table has it.
 *
 * @param columns whose old values are told: always with a delete, and with an update that changed
 *     one of them
 * @param always whether every update tells them, changed or not (REPLICA IDENTITY FULL)
 */
public record ReplicaColumns(Set<String> columns, boolean always) {

  /** Copies the set. */
  public ReplicaColumns {
    columns = Set.copyOf(columns);
  }
}
