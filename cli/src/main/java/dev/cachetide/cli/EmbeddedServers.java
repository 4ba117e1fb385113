package dev.cachetide.cli;

import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.runtime.settings.Problem;
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

  private static final String POSTGRES = "postgres";
  private static final String KAFKA = "kafka";
  private static final String REDIS = "redis";

  private final PipelineSettings named;
  private final @Nullable Sandbox sandbox;

  private EmbeddedServers(PipelineSettings named, @Nullable Sandbox sandbox) {
    this.named = named;
    this.sandbox = sandbox;
  }

  /**
   * Starts what is missing; several seconds.
   *
   * @param file that the settings are from, as the user named it
   * @param data where the servers keep their data; null for a place that is deleted at the end
   * @param progress told what is going on, for people
   * @throws ConfigurationRejected when something is missing and this installation has no servers
   */
  static EmbeddedServers startMissing(
      PipelineSettings named, Path file, @Nullable Path data, Consumer<String> progress)
      throws ConfigurationRejected {
    List<String> missing = missing(named);
    if (missing.isEmpty()) {
      return new EmbeddedServers(named, null);
    }
    if (!installed()) {
      throw new ConfigurationRejected(
          List.of(
              new Problem(
                  file.toString(),
                  String.join(", ", missing),
                  "not named, and this installation has no servers to embed",
                  "name the servers, or use an installation with lib/demo")));
    }
    progress.accept("starting embedded " + String.join(", ", missing) + " ...");
    return new EmbeddedServers(named, start(missing, data));
  }

  /** Workers are installed without what is only for trying them. */
  private static boolean installed() {
    return EmbeddedServers.class.getResource("/dev/cachetide/sandbox/Sandbox.class") != null;
  }

  private static List<String> missing(PipelineSettings named) {
    List<String> missing = new ArrayList<>();
    if (named.postgres() == null) {
      missing.add(POSTGRES);
    }
    if (named.kafka() == null) {
      missing.add(KAFKA);
    }
    if (named.redis() == null) {
      missing.add(REDIS);
    }
    return missing;
  }

  private static Sandbox start(List<String> missing, @Nullable Path data) {
    Sandbox.Builder builder = Sandbox.builder();
    if (data != null) {
      builder.dataDirectory(data);
    }
    if (!missing.contains(POSTGRES)) {
      builder.withoutPostgres();
    }
    if (!missing.contains(KAFKA)) {
      builder.withoutKafka();
    }
    if (!missing.contains(REDIS)) {
      builder.withoutRedis();
    }
    return builder.start();
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

  private Sandbox sandbox() {
    return Objects.requireNonNull(sandbox, "a server that is not named was started");
  }

  private PostgresSettings embeddedPostgres() {
    return new PostgresSettings(
        sandbox().postgres().jdbcUrl(),
        sandbox().postgres().user(),
        sandbox().postgres().password(),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30),
        Map.of());
  }

  private KafkaSettings embeddedKafka() {
    return new KafkaSettings(
        Map.of("bootstrap.servers", sandbox().kafka().bootstrapServers()), Map.of(), Map.of());
  }

  private RedisSettings embeddedRedis() {
    return new RedisSettings(sandbox().redis().uri(), Duration.ofSeconds(2));
  }

  /** How to reach each server from another terminal. */
  List<String> directions() {
    PipelineSettings all = complete();
    List<String> lines = new ArrayList<>();
    lines.add("  postgres  " + Objects.requireNonNull(all.postgres()).url());
    if (named.postgres() == null) {
      lines.add("            " + sandbox().postgres().psqlCommand());
    }
    lines.add(
        "  kafka     " + Objects.requireNonNull(all.kafka()).common().get("bootstrap.servers"));
    if (named.redis() == null) {
      lines.add("  redis     " + sandbox().redis().redisCliCommand());
    } else {
      lines.add("  redis     as the configuration names it");
    }
    return lines;
  }

  /** What makes other commands, in another terminal, find the servers that are embedded. */
  List<String> variables() {
    PipelineSettings all = complete();
    List<String> variables = new ArrayList<>();
    if (named.postgres() == null) {
      PostgresSettings postgres = Objects.requireNonNull(all.postgres());
      variables.add("CACHETIDE_POSTGRES_URL=" + postgres.url());
      variables.add("CACHETIDE_POSTGRES_USER=" + postgres.user());
    }
    if (named.kafka() == null) {
      variables.add(
          "CACHETIDE_KAFKA_BOOTSTRAP_SERVERS="
              + Objects.requireNonNull(all.kafka()).common().get("bootstrap.servers"));
    }
    if (named.redis() == null) {
      variables.add("CACHETIDE_REDIS_URL=" + Objects.requireNonNull(all.redis()).url());
    }
    return variables;
  }

  @Override
  public void close() {
    if (sandbox != null) {
      sandbox.close();
    }
  }
}
