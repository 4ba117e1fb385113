package dev.cachetide.internal.near;

/**
 * When a read began, by the count of invalidations.
 *
 * @param moment the number of the newest invalidation that the read is known to reflect
 */
public record Ticket(long moment) {}
