package dev.cachetide;

import org.jspecify.annotations.Nullable;

/**
 * What became of a write that Kafka has accepted.
 *
 * <p>All but {@link Pending} are final. They are told once every reader of the primary sees the
 * transaction that decided the write: a read of the database that begins afterwards sees it too.
 */
public sealed interface Outcome {

  /** Whether it is final. */
  default boolean decided() {
    return !(this instanceof Pending);
  }

  /** Not applied yet, as far as is known here. So it stays while the pipeline's ingest is away. */
  record Pending() implements Outcome {}

  /**
   * It has taken effect. So has, as the writes of one id have one effect, a repetition of it.
   *
   * @param xid the transaction, 64 bits
   * @param lsn a position in the WAL at or behind its commit, as {@code pg_lsn} is written: a
   *     replica that has replayed it shows the write; null when it is not known
   */
  record Applied(long xid, @Nullable String lsn) implements Outcome {}

  /**
   * A later write of the same transaction set everything that it wrote, or deleted its row, so
   * nobody has seen its effect.
   *
   * @param xid as in {@link Applied}
   * @param lsn as in {@link Applied}
   */
  record Superseded(long xid, @Nullable String lsn) implements Outcome {}

  /** It lost against a change that its writer had not seen; the table of conflicts has it. */
  record Conflict(String reason) implements Outcome {}

  /**
   * It cannot be applied; the table of dead letters has it.
   *
   * @param reason may quote a value
   * @param sqlState null when Postgres raised no error
   */
  record Rejected(String reason, @Nullable String sqlState) implements Outcome {}

  /**
   * Nobody can tell any more: its receipt is older than what is kept or looked through, or the
   * write topic was made anew before it was decided.
   */
  record Unknown(String reason) implements Outcome {}
}
