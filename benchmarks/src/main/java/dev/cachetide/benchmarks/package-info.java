/**
 * Measurements beside a floor or a peer, in one run, printed as figures and ratios; nothing here is
 * asserted on time. Start at {@link dev.cachetide.benchmarks.CommitToEvicted}.
 */
@NullMarked
package dev.cachetide.benchmarks;

import org.jspecify.annotations.NullMarked;
