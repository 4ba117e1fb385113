package dev.cachetide.internal;

import dev.cachetide.internal.coherence.Coherence;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * What the parts of one cache stand on.
 *
 * @param guard around every command
 * @param coherence whether Redis may be believed
 * @param tags stamps of tags
 * @param versions pointers of versions
 * @param executor for what goes on in the background
 * @param clock for what is written into entries
 * @param nanoTime for waiting
 */
public record Ground(
    Guard guard,
    Coherence coherence,
    Stamps tags,
    Stamps versions,
    StatsCounter stats,
    Executor executor,
    InstantSource clock,
    LongSupplier nanoTime) {}
