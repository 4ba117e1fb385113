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
 * @param origins where each of the rules was written
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
    List<WriteTableSettings> writes,
    ReloadSettings reload,
    RuleOrigins origins) {

  /** Copies the lists. */
  public PipelineSettings {
    rules = List.copyOf(rules);
    writes = List.copyOf(writes);
  }

  /** All of it in one file, with the default of {@code reload}. */
  public PipelineSettings(
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
    this(
        names,
        postgres,
        kafka,
        redis,
        ingest,
        invalidation,
        writebehind,
        http,
        rules,
        writes,
        Defaults.RELOAD,
        RuleOrigins.IN_ONE_FILE);
  }

  /** The same pipeline with the rules of another one. */
  public PipelineSettings withRulesOf(PipelineSettings other) {
    return new PipelineSettings(
        names,
        postgres,
        kafka,
        redis,
        ingest,
        invalidation,
        writebehind,
        http,
        other.rules,
        writes,
        reload,
        other.origins);
  }
}
