package dev.cachetide.cli;

import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.runtime.settings.RedisSettings;
import dev.cachetide.sandbox.Sandbox;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The servers that a configuration does not name, embedded in this process. */
final class EmbeddedServers implements AutoCloseable {

  private final PipelineSettings named;
  private final Sandbox sandbox;

  private EmbeddedServers(PipelineSettings named, Sandbox sandbox) {
    this.named = named;
    this.sandbox = sandbox;
  }

  /**
   * Starts what is missing; several seconds.
   *
   * @param data where the servers keep their data; null for a place that is deleted at the end
   * @param progress told what is going on, for people
   */
  static EmbeddedServers startMissing(
      PipelineSettings named, @Nullable Path data, Consumer<String> progress) {
    List<String> starting = new ArrayList<>();
    Sandbox.Builder builder = Sandbox.builder();
    if (data != null) {
      builder.dataDirectory(data);
    }
    if (named.postgres() == null) {
      starting.add("Postgres");
    } else {
      builder.withoutPostgres();
    }
    if (named.kafka() == null) {
      starting.add("Kafka");
    } else {
      builder.withoutKafka();
    }
    if (named.redis() == null) {
      starting.add("Redis");
    } else {
      builder.withoutRedis();
    }
    if (!starting.isEmpty()) {
      progress.accept("starting embedded " + String.join(", ", starting) + " ...");
    }
    return new EmbeddedServers(named, builder.start());
  }

  /** The settings with every server named. */
  PipelineSettings complete() {
    return new PipelineSettings(
        named.names(),
        Objects.requireNonNullElseGet(named.postgres(), this::embeddedPostgres),
        Objects.requireNonNullElseGet(named.kafka(), this::embeddedKafka),
        Objects.requireNonNullElseGet(named.redis(), this::embeddedRedis),
        named.ingest(),
        named.invalidation(),
        named.writebehind(),
        named.http(),
        named.rules(),
        named.writes(),
        named.reload(),
        named.origins());
  }

  private PostgresSettings embeddedPostgres() {
    return new PostgresSettings(
        sandbox.postgres().jdbcUrl(),
        sandbox.postgres().user(),
        sandbox.postgres().password(),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30),
        Map.of());
  }

  private KafkaSettings embeddedKafka() {
    return new KafkaSettings(
        Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()), Map.of(), Map.of());
  }

  private RedisSettings embeddedRedis() {
    return new RedisSettings(sandbox.redis().uri(), Duration.ofSeconds(2));
  }

  /** How to reach each server from another terminal. */
  List<String> directions() {
    PipelineSettings all = complete();
    List<String> lines = new ArrayList<>();
    lines.add("  postgres  " + Objects.requireNonNull(all.postgres()).url());
    if (named.postgres() == null) {
      lines.add("            " + sandbox.postgres().psqlCommand());
    }
    lines.add(
        "  kafka     " + Objects.requireNonNull(all.kafka()).common().get("bootstrap.servers"));
    if (named.redis() == null) {
      lines.add("  redis     " + sandbox.redis().redisCliCommand());
    } else {
      lines.add("  redis     as the configuration names it");
    }
    return lines;
  }

  @Override
  public void close() {
    sandbox.close();
  }
}
