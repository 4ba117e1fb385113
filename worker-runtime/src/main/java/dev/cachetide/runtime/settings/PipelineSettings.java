package dev.cachetide.runtime.settings;

import dev.cachetide.wire.PipelineNames;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A whole configuration file.
 *
 * @param names derived from {@code pipeline}
 * @param postgres null when the file does not name one
 * @param kafka null when the file does not name one
 * @param redis null when the file does not name one
 * @param rules which row touches which cache entry; may be empty
 * @param writes the tables that applications may write to; may be empty
 */
public record PipelineSettings(
    PipelineNames names,
    @Nullable PostgresSettings postgres,
    @Nullable KafkaSettings kafka,
    @Nullable RedisSettings redis,
    IngestSettings ingest,
    InvalidationSettings invalidation,
    WriteBehindSettings writebehind,
    HttpSettings http,
    List<RuleSettings> rules,
    List<WriteTableSettings> writes) {

  /** Copies the lists. */
  public PipelineSettings {
    rules = List.copyOf(rules);
    writes = List.copyOf(writes);
  }
}
