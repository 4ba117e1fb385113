/**
 * The rows that a changed row is related to, asked of Postgres: the edge behind {@code fan_out}.
 *
 * <p>{@link dev.cachetide.invalidation.lookup.PostgresLookups} asks for the events of a batch,
 * {@link dev.cachetide.invalidation.lookup.LookupCheck} tells beforehand whether that would work.
 */
@NullMarked
package dev.cachetide.invalidation.lookup;

import org.jspecify.annotations.NullMarked;
