package dev.cachetide.internal.near;

/** Tells whether an L1 may be believed now, such as {@code PipelineCoherence::usable}. */
@FunctionalInterface
public interface NearGuard {

  /** Asked on every read: cheap, never blocks. */
  boolean usable();
}
