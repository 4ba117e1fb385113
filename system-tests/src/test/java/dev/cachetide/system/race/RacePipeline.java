package dev.cachetide.system.race;

import dev.cachetide.invalidation.InvalidationWorker;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.Defaults;
import dev.cachetide.runtime.settings.InvalidationSettings;
import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.runtime.settings.RedisSettings;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.sandbox.TcpProxy;
import dev.cachetide.wire.PipelineNames;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.awaitility.Awaitility;

/** The product: ingest and an invalidation worker that evict {@code hot:{id}}. */
final class RacePipeline implements AutoCloseable {

  static final String PREFIX = "hot:";

  private static final String SLOT_ACTIVE =
      "SELECT active FROM pg_replication_slots WHERE slot_name = '%s'";

  /** Between worker and Redis, to delay evictions with. */
  final TcpProxy redis;

  final PipelineNames names;
  private final HotRows rows;
  private final Program ingest;
  private final Program worker;

  /** Starts both and returns when they are ready. */
  RacePipeline(
      Sandbox sandbox,
      HotRows rows,
      String name,
      BiFunction<PipelineSettings, MeterRegistry, Program> newIngest) {
    this(sandbox, rows, name, newIngest, Source.CACHETIDE);
  }

  /**
   * @param newIngest who makes the change topics
   * @param source who the worker takes them to be made by
   */
  RacePipeline(
      Sandbox sandbox,
      HotRows rows,
      String name,
      BiFunction<PipelineSettings, MeterRegistry, Program> newIngest,
      Source source) {
    this.rows = rows;
    names = new PipelineNames(name);
    redis = TcpProxy.to(sandbox.redis().port());
    PipelineSettings settings = settings(sandbox, source);
    ingest = newIngest.apply(settings, new SimpleMeterRegistry());
    worker = new InvalidationWorker(settings, new SimpleMeterRegistry());
    ingest.start();
    awaitReady(ingest);
    worker.start();
    awaitReady(worker);
  }

  /** The topic of the hot rows' events. */
  String topic() {
    return names.changeTopic(HotRows.SCHEMA, HotRows.TABLE);
  }

  private static void awaitReady(Program program) {
    Awaitility.await(program.name() + " to be ready")
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> program.readiness().ready());
  }

  private PipelineSettings settings(Sandbox sandbox, Source source) {
    return new PipelineSettings(
        names,
        new PostgresSettings(
            sandbox.postgres().jdbcUrl(),
            sandbox.postgres().user(),
            sandbox.postgres().password(),
            Defaults.POSTGRES_CONNECT_TIMEOUT,
            Defaults.POSTGRES_SOCKET_TIMEOUT,
            Map.of()),
        new KafkaSettings(
            Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()), Map.of(), Map.of()),
        new RedisSettings("redis://127.0.0.1:" + redis.port(), Defaults.REDIS_TIMEOUT),
        Defaults.INGEST,
        from(source, Defaults.invalidation(names)),
        Defaults.WRITE_BEHIND,
        Defaults.HTTP,
        List.of(
            new RuleSettings(
                "rules[0]",
                HotRows.TABLE,
                HotRows.SCHEMA,
                HotRows.TABLE,
                List.of(new EvictSettings("rules[0].evict[0].key", PREFIX + "{id}")))),
        List.of());
  }

  private static InvalidationSettings from(Source source, InvalidationSettings settings) {
    return new InvalidationSettings(
        source,
        settings.topicPrefix(),
        settings.maxPollRecords(),
        settings.maxPollInterval(),
        settings.retryBackoffMax(),
        settings.drainTimeout(),
        settings.canaryLimit());
  }

  /** Stops both and leaves nothing in Postgres that would hold WAL back. */
  @Override
  public void close() {
    worker.close();
    ingest.close();
    redis.close();
    // The server notices later than ingest that nobody reads from the slot any more.
    Awaitility.await("the slot to be free")
        .atMost(Duration.ofSeconds(20))
        .until(() -> rows.ask(SLOT_ACTIVE.formatted(names.slot())).equals("f"));
    rows.run("SELECT pg_drop_replication_slot('" + names.slot() + "')");
  }
}
