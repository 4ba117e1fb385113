/**
 * Kafka to Postgres: applies write commands, each with exactly one effect.
 *
 * <p>Start at {@link dev.cachetide.writebehind.WriteBehindWorker}; the flow is {@code
 * WriteBehindHandler}.
 */
@NullMarked
package dev.cachetide.writebehind;

import org.jspecify.annotations.NullMarked;
