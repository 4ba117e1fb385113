package dev.cachetide.invalidation.lookup;

import dev.cachetide.invalidation.rules.ChangeEvent;
import org.jspecify.annotations.Nullable;

/** A lookup that no retry helps. The message holds no row's values. */
final class LookupFailed extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient @Nullable ChangeEvent event;

  LookupFailed(String message) {
    this(message, null);
  }

  /**
   * Because of one event.
   *
   * @param event null when it is none's fault
   */
  LookupFailed(String message, @Nullable ChangeEvent event) {
    super(message, null, false, false);
    this.event = event;
  }

  @Nullable ChangeEvent event() {
    return event;
  }
}
