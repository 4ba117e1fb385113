package dev.cachetide.invalidation.refresh;

import java.nio.ByteBuffer;

/**
 * Where in the WAL a change stands. Of two changes of one row the later has the greater position.
 *
 * @param lsn of the change, unsigned
 * @param sequence among its transaction's changes
 */
public record Position(long lsn, int sequence) implements Comparable<Position> {

  @Override
  public int compareTo(Position other) {
    int byLsn = Long.compareUnsigned(lsn, other.lsn);
    return byLsn != 0 ? byLsn : Integer.compareUnsigned(sequence, other.sequence);
  }

  /** Twelve bytes, as the scripts compare them. */
  byte[] bytes() {
    return ByteBuffer.allocate(Long.BYTES + Integer.BYTES).putLong(lsn).putInt(sequence).array();
  }
}
