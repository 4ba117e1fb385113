package dev.cachetide.writebehind;

/**
 * A column of a listed table.
 *
 * @param generated Postgres computes it always, and refuses a value from outside
 * @param deterministic equal text has equal bytes; only a collation can make it false
 * @param limits what else it demands of its values
 */
record TargetColumn(
    String name, PgType type, boolean generated, boolean deterministic, Limits limits) {

  TargetColumn(String name, PgType type, boolean generated, boolean deterministic) {
    this(name, type, generated, deterministic, Limits.NONE);
  }

  /** Whether {@link PgText#key} gives different values different texts, and equal ones one. */
  boolean tellsValuesApart() {
    return type.identifies() && deterministic;
  }

  /**
   * What the catalogue says of values; only to guess by, Postgres decides.
   *
   * @param defaulted Postgres has a value where a command has none
   * @param modifier {@code pg_attribute.atttypmod}; -1 when there is none
   */
  record Limits(boolean notNull, boolean defaulted, int modifier) {
    static final Limits NONE = new Limits(false, false, -1);

    /** Of a {@code varchar}, in characters. */
    int maxLength() {
      return modifier < 0 ? Integer.MAX_VALUE : modifier - 4;
    }
  }
}
