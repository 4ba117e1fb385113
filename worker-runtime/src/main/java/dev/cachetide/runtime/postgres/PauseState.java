package dev.cachetide.runtime.postgres;

import dev.cachetide.runtime.postgres.Pause.What;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Everything of a pipeline that is paused at one moment. Immutable. */
public record PauseState(List<Pause> pauses) {

  static final PauseState NOTHING = new PauseState(List.of());

  /** Copies the list. */
  public PauseState {
    pauses = List.copyOf(pauses);
  }

  /** The names of what is paused of a sort. */
  public Set<String> names(What what) {
    return pauses.stream()
        .filter(pause -> pause.what() == what)
        .map(Pause::name)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Whether a role is paused. */
  public boolean role(String name) {
    return names(What.ROLE).contains(name);
  }

  /**
   * Whether caches may be believed: nothing that evicts is paused, or only what its operator has
   * allowed to go stale. Without ingest nothing reaches the workers, so that counts too.
   */
  public boolean vouches() {
    return pauses.stream()
        .allMatch(pause -> pause.stale() || pause.described().equals("role write-behind"));
  }
}
