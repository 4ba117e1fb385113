package dev.cachetide.writebehind;

/**
 * A column of a listed table.
 *
 * @param generated Postgres computes it always, and refuses a value from outside
 * @param deterministic equal text has equal bytes; only a collation can make it false
 */
record TargetColumn(String name, PgType type, boolean generated, boolean deterministic) {}
