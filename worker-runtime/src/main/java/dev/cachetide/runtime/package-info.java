/**
 * What the workers share: one consume loop, settings, health, metrics, dead letters.
 *
 * <p>Start at {@code PollLoop}; a worker is a {@link dev.cachetide.runtime.RecordHandler} run by
 * it.
 */
@NullMarked
package dev.cachetide.runtime;

import org.jspecify.annotations.NullMarked;
