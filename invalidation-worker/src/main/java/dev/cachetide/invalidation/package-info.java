/**
 * Kafka to Redis: rules translate row changes into evictions. Start at {@link
 * dev.cachetide.invalidation.InvalidationWorker}; the flow is {@code InvalidationHandler}.
 */
@NullMarked
package dev.cachetide.invalidation;

import org.jspecify.annotations.NullMarked;
