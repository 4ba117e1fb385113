/**
 * Measurements beside a floor or a peer, in one run, printed as figures and ratios; nothing here is
 * asserted on time. {@link dev.cachetide.benchmarks.CommitToEvicted} measures the pipeline, {@link
 * dev.cachetide.benchmarks.hits.Hits} the reads.
 */
@NullMarked
package dev.cachetide.benchmarks;

import org.jspecify.annotations.NullMarked;
