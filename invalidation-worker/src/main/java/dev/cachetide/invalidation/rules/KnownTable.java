package dev.cachetide.invalidation.rules;

import dev.cachetide.runtime.postgres.TableInfo;

/**
 * A table of the rules, as the catalogue described it when they were checked.
 *
 * @param identity what the WAL tells of its old rows
 */
public record KnownTable(TableInfo info, ReplicaColumns identity) {}
