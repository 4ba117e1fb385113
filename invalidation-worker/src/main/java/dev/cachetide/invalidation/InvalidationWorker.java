package dev.cachetide.invalidation;

import dev.cachetide.invalidation.lookup.Lookups;
import dev.cachetide.invalidation.lookup.PostgresLookups;
import dev.cachetide.invalidation.refresh.Life;
import dev.cachetide.invalidation.refresh.RefreshParts;
import dev.cachetide.invalidation.refresh.Refresher;
import dev.cachetide.invalidation.refresh.SecondEvictions;
import dev.cachetide.invalidation.rules.KnownTable;
import dev.cachetide.invalidation.rules.RefreshPlanner;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.invalidation.rules.StormGovernor;
import dev.cachetide.runtime.ExitStatus;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.LoopSettings;
import dev.cachetide.runtime.PipelineTopics;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.Readiness;
import dev.cachetide.runtime.RecordHandler;
import dev.cachetide.runtime.Reloadable;
import dev.cachetide.runtime.Topics;
import dev.cachetide.runtime.WorkerProgram;
import dev.cachetide.runtime.postgres.Pause;
import dev.cachetide.runtime.postgres.PauseWatch;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.postgres.VisibilityGate;
import dev.cachetide.runtime.settings.InvalidationSettings;
import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.TableName;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The worker that evicts from Redis what change events touch. Any number of them share the topics'
 * partitions as one consumer group; a new group begins at the earliest event.
 */
public final class InvalidationWorker implements Program, Reloadable {

  private static final String NAME = "invalidate";
  private static final Duration GATE_LOOK = Duration.ofSeconds(1);
  private static final int LEAST_HEARTBEATS = 3;

  private final Program worker;
  private final @Nullable Canary canary;
  private final RequestTopic requestTopic;
  private final RuleUpdates updates;
  private final TableWatch tableWatch;
  private final PauseWatch pauses;

  /**
   * Builds the worker; nothing runs before {@link #start}.
   *
   * @param settings must name Postgres, Kafka and Redis, and hold only rules that compile
   * @throws IllegalArgumentException when a rule does not compile; {@link RuleSet#compile} tells
   *     all problems beforehand
   */
  public InvalidationWorker(PipelineSettings settings, MeterRegistry registry) {
    this(settings, registry, UnaryOperator.identity());
  }

  /**
   * @param flushes what a negative control makes of the eviction that a change of rules calls for;
   *     not for users
   */
  InvalidationWorker(
      PipelineSettings settings, MeterRegistry registry, UnaryOperator<RuleChange.Flush> flushes) {
    InvalidationSettings invalidation = settings.invalidation();
    RuleSet written = compile(settings);
    PostgresConnector postgres =
        new PostgresConnector(
            Objects.requireNonNull(settings.postgres(), "postgres"), "cachetide-invalidate");
    RuleUpdates.Applying applying = (rules, tables) -> applied(settings, rules, tables);
    RuleChange change =
        new RuleChange(
            applying.apply(written.over(List.of()), Map.of()),
            new RuleLedger(postgres, settings.names().pipeline()),
            flushes,
            new RuleMeters(registry)::hold,
            System::nanoTime);
    updates = new RuleUpdates(settings, written, postgres, applying, change);
    tableWatch = new TableWatch(updates, settings.reload().interval());
    pauses = pauses(settings, postgres, updates, registry);
    KafkaSettings kafka = Objects.requireNonNull(settings.kafka(), "kafka");
    requestTopic =
        new RequestTopic(
            PipelineTopics.requests(settings.names(), settings.ingest().replicationFactor()),
            new KafkaClients(kafka).admin(settings.names().invalidationGroup() + "-topic"));
    InvalidationMeters meters = new InvalidationMeters(registry, InstantSource.system());
    RedisTarget target =
        new RedisTarget(
            Objects.requireNonNull(settings.redis(), "redis"),
            settings.names().invalidationChannel());
    canary = canary(settings, target, meters);
    RecordHandler handler =
        handler(
            settings, postgres, new RuleApproval(updates::first), change, target, pauses, meters);
    worker =
        WorkerProgram.create(
            new LoopSettings(
                NAME,
                new KafkaClients.Group(
                    settings.names().invalidationGroup(),
                    settings.names().invalidationGroup(),
                    invalidation.maxPollRecords(),
                    invalidation.maxPollInterval()),
                Topics.changing(() -> change.current().topics().names()),
                settings.names().deadLetterTopic(),
                LoopSettings.COMMIT_INTERVAL,
                invalidation.retryBackoffMax(),
                invalidation.drainTimeout()),
            kafka,
            canary == null
                ? handler
                : new CanaryHandler(handler, canary, settings.names().heartbeatTopic(), meters),
            pauses,
            registry);
  }

  private static PauseWatch pauses(
      PipelineSettings settings,
      PostgresConnector postgres,
      RuleUpdates updates,
      MeterRegistry registry) {
    String prefix = settings.invalidation().topicPrefix();
    return new PauseWatch(
        postgres.named("cachetide-invalidate-pauses"),
        settings.names().pipeline(),
        new PauseWatch.Concern(
            NAME,
            true,
            text -> {
              TableName table = TableName.parse(text);
              return PipelineNames.changeTopic(prefix, table.schema(), table.table());
            },
            next -> updates.pause(next.names(Pause.What.RULE)),
            unused -> {}),
        registry);
  }

  private static RuleSet compile(PipelineSettings settings) {
    RuleSet.Result result = RuleSet.compile("rules", settings.rules());
    if (result instanceof RuleSet.Result.Refused refused) {
      throw new IllegalArgumentException(refused.problems().toString());
    }
    return ((RuleSet.Result.Compiled) result).rules();
  }

  private static AppliedRules applied(
      PipelineSettings settings, RuleSet rules, Map<TableName, KnownTable> tables) {
    boolean own = settings.invalidation().source() == Source.CACHETIDE;
    return new AppliedRules(
        rules,
        new SourceTopics(
            rules,
            settings.invalidation().topicPrefix(),
            own ? settings.names().changeTopic("cachetide", "generation") : null,
            settings.names().invalidationTopic(),
            own ? settings.names().heartbeatTopic() : null),
        tables,
        !own);
  }

  /** Three heartbeats at least: one may be late, and one be on its way. */
  private static @Nullable Canary canary(
      PipelineSettings settings, RedisTarget target, InvalidationMeters meters) {
    if (settings.invalidation().source() != Source.CACHETIDE) {
      meters.canaryAge(() -> Double.NaN);
      return null;
    }
    Duration asked = settings.invalidation().canaryLimit();
    Duration least = settings.ingest().heartbeat().multipliedBy(LEAST_HEARTBEATS);
    Canary canary =
        new Canary(
            target,
            settings.names().canaryKey(),
            asked.compareTo(least) < 0 ? least : asked,
            meters,
            InstantSource.system(),
            System::nanoTime);
    meters.canaryAge(() -> canary.age().toNanos() / 1e9);
    return canary;
  }

  private static RecordHandler handler(
      PipelineSettings settings,
      PostgresConnector postgres,
      RuleApproval approval,
      RuleChange change,
      RedisTarget target,
      PauseWatch pauses,
      InvalidationMeters meters) {
    var redis = Objects.requireNonNull(settings.redis(), "redis");
    boolean own = settings.invalidation().source() == Source.CACHETIDE;
    EventGate gate = own ? EventGate.open() : EventGate.of(new VisibilityGate(postgres), GATE_LOOK);
    Evictor evictor =
        new Evictor(
            target,
            new RedisIdentity(
                postgres, settings.names().pipeline(), RedisAddress.node(redis.url())),
            () -> change.current().everything(),
            meters,
            System::nanoTime);
    GenerationWatch generation =
        GenerationWatch.of(
            new GenerationTable(
                postgres.named("cachetide-invalidate-generation"), settings.names().pipeline()));
    Announcer announcer =
        new Announcer(
            target, evictor, generation, meters, System::nanoTime, InstantSource.system());
    Lookups lookups = new PostgresLookups(postgres.named("cachetide-invalidate-lookup"));
    Function<TableName, Optional<TableInfo>> tables = name -> change.current().table(name);
    RefreshParts parts = new RefreshParts(redis, postgres, tables, generation::known, meters);
    Refresher refresher = parts.refresher();
    Refreshing refreshing =
        new Refreshing(
            new RefreshPlanner(tables, new Life(InstantSource.system(), new SecureRandom())),
            refresher::refresh,
            refresher::close,
            new SecondEvictions(System::nanoTime),
            meters);
    Storms storms =
        new Storms(
            new StormGovernor(),
            Sweeper.of(new RedisTarget(redis, settings.names().invalidationChannel())),
            evictor,
            meters,
            System::nanoTime);
    TransactionOf transactions = own ? TransactionOf.HEADERS : TransactionOf.ENVELOPE;
    return new InvalidationHandler(
        approval,
        change,
        WrittenTables.of(settings),
        gate,
        lookups,
        evictor,
        refreshing,
        announcer,
        meters,
        storms,
        transactions,
        () -> pauses.state().vouches());
  }

  /** The new rules hold once the batch at hand is done. */
  @Override
  public List<Problem> reload(PipelineSettings settings) throws SQLException {
    return updates.reload(settings);
  }

  @Override
  public String name() {
    return worker.name();
  }

  @Override
  public void start() {
    worker.start();
    requestTopic.start();
    tableWatch.start();
    pauses.start();
  }

  @Override
  public Readiness readiness() {
    Readiness loop = worker.readiness();
    if (!loop.ready()) {
      return loop;
    }
    return canary == null
        ? Readiness.yes("no canary: somebody else's Debezium writes no heartbeat")
        : canary.readiness();
  }

  @Override
  public boolean alive() {
    return worker.alive();
  }

  @Override
  public CompletableFuture<ExitStatus> ended() {
    return worker.ended();
  }

  @Override
  public void close() {
    tableWatch.close();
    requestTopic.close();
    worker.close();
    pauses.close();
  }
}
