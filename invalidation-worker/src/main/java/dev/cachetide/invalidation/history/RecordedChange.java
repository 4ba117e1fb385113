package dev.cachetide.invalidation.history;

import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.wire.TableName;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A record of a change topic.
 *
 * @param at when Kafka took it
 * @param event null when it cannot be read
 * @param unreadable why not; null when it can
 */
public record RecordedChange(
    TableName table,
    String topic,
    int partition,
    long offset,
    Instant at,
    @Nullable ChangeEvent event,
    @Nullable String unreadable) {}
