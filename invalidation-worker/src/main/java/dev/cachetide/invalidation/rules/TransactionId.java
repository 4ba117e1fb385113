package dev.cachetide.invalidation.rules;

/**
 * Which transaction made a change. The time of its commit belongs to it, because an id alone may
 * come again: the stream's 32 bits wrap around, and a standby that is promoted gives ids away once
 * more that its primary had given to transactions which were lost.
 *
 * @param xid 32 or 64 bits, not negative
 * @param committedMicros microseconds since the epoch, by the server's clock, not negative
 */
public record TransactionId(long xid, long committedMicros) {}
