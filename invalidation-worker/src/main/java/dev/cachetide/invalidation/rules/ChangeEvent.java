package dev.cachetide.invalidation.rules;

import dev.cachetide.internal.fenced.Spared;
import org.jspecify.annotations.Nullable;

/**
 * One committed row change, or the emptying of a table.
 *
 * @param before null when the event does not tell
 * @param after null when there is none or the event does not tell
 * @param xid of the writing transaction as the event tells it, 32 or 64 bits; -1 when it does not
 * @param echo whether the write-behind worker made the change
 * @param committedMicros microseconds since the epoch; -1 when the event does not tell
 * @param origin what a refresh orders it by
 * @param spared dirty entries that what it evicts leaves
 */
public record ChangeEvent(
    Operation operation,
    @Nullable RowImage before,
    @Nullable RowImage after,
    long xid,
    boolean echo,
    long committedMicros,
    Origin origin,
    Spared spared) {

  /**
   * Where a change comes from.
   *
   * @param lsn of the change; 0 when the event does not tell
   * @param sequence among its transaction's changes; 0 when the event does not tell
   * @param wideXid the transaction's id with all of its 64 bits; 0 when the event does not tell
   */
  public record Origin(long lsn, int sequence, long wideXid) {

    /** Nothing is told. */
    public static final Origin UNKNOWN = new Origin(0, 0, 0);
  }

  /** An event that spares nothing. */
  public ChangeEvent(
      Operation operation,
      @Nullable RowImage before,
      @Nullable RowImage after,
      long xid,
      boolean echo,
      long committedMicros,
      Origin origin) {
    this(operation, before, after, xid, echo, committedMicros, origin, Spared.NONE);
  }

  /** An event that tells no more than what evictions need. */
  public ChangeEvent(
      Operation operation,
      @Nullable RowImage before,
      @Nullable RowImage after,
      long xid,
      boolean echo,
      long committedMicros) {
    this(operation, before, after, xid, echo, committedMicros, Origin.UNKNOWN);
  }

  /** One that somebody else than the write-behind worker made. */
  public ChangeEvent(
      Operation operation,
      @Nullable RowImage before,
      @Nullable RowImage after,
      long xid,
      long committedMicros) {
    this(operation, before, after, xid, false, committedMicros);
  }

  /** The same event, sparing some dirty entries. */
  public ChangeEvent sparing(Spared some) {
    return new ChangeEvent(operation, before, after, xid, echo, committedMicros, origin, some);
  }

  /** What happened. */
  public enum Operation {
    CREATE,
    UPDATE,
    DELETE,
    /** A row as a snapshot found it. */
    READ,
    TRUNCATE
  }
}
