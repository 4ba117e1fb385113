package dev.cachetide.invalidation;

import dev.cachetide.wire.ChannelMessage.Beat;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a client of the library would find in a pipeline's Redis at one moment.
 *
 * @param runIds which starts of which servers hold the keys
 * @param canary when the youngest heartbeat of ingest was committed that has come through to here,
 *     by Postgres's clock; null when none has
 * @param beat what a worker has said last; null when none was heard for as long as a client waits
 * @param believed whether a client would read from it now
 */
public record RedisSigns(
    Set<String> runIds, @Nullable Instant canary, @Nullable Beat beat, boolean believed) {
  /** Copies the set. */
  public RedisSigns {
    runIds = Set.copyOf(runIds);
  }
}
