package dev.cachetide.writebehind;

/** Why an effect is expected to be refused. */
enum Suspicion {
  /** A value has no room in its column, or a column that demands one gets none. */
  VALUE(true),
  /** Its values fail a check constraint. */
  CHECK(true),
  /** The row that it refers to is not there. */
  PARENT(true),
  /** Its own row is not there, or for an insert is. */
  PRESENCE(true),
  /** A row that the log leaves alone has the value of a unique index: Postgres has said so. */
  TAKEN(true),
  /** It has a value that was refused before for what no constraint tells, or one of its form. */
  REMEMBERED(false),
  /** Another row has the value of a unique index, or whatever else may depend on other rows. */
  OTHERS(false);

  private final boolean ownRowOnly;

  Suspicion(boolean ownRowOnly) {
    this.ownRowOnly = ownRowOnly;
  }

  /** What was asked for when it was found. */
  Suspicion asked() {
    return this == TAKEN ? OTHERS : this;
  }

  /** Whether it may be tried behind effects on other rows that follow it in the log. */
  boolean mayWait() {
    return ownRowOnly;
  }
}
