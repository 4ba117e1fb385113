/**
 * What the workers share: one consume loop, settings, health, metrics, dead letters.
 *
 * <p>Start at {@code PollLoop}; a worker is a {@link dev.cachetide.runtime.RecordHandler} run by
 * it, as {@link dev.cachetide.runtime.WorkerProgram#create} puts together.
 */
@NullMarked
package dev.cachetide.runtime;

import org.jspecify.annotations.NullMarked;
