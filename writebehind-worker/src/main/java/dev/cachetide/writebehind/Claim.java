package dev.cachetide.writebehind;

/**
 * A worker's hold on a partition.
 *
 * @param epoch raised by every claim; whoever has a lower one can no longer commit
 * @param nextOffset of the first record that no committed transaction has applied
 */
record Claim(long epoch, long nextOffset) {}
