package dev.cachetide.ingest;

import dev.cachetide.ingest.LeaderSession.Beat;
import dev.cachetide.runtime.Backoff;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One term as the pipeline's ingest: wait for the lock, prepare, stream, beat. It ends when ingest
 * is stopped, when the session that holds the lock is lost, or when the engine ends; whatever the
 * reason, the next term checks the slot again before it streams.
 */
final class Term {

  private static final Logger log = LoggerFactory.getLogger(Term.class);
  private static final Duration STANDBY_POLL = Duration.ofMillis(500);
  private static final Duration ENGINE_START_LIMIT = Duration.ofSeconds(60);
  private static final int QUIET_BEATS = 3;

  /** Syntax error or access rule violation: no such table, not its owner. */
  private static final String ACCESS_RULE = "42";

  private final PipelineSettings settings;
  private final PostgresSettings postgres;
  private final KafkaClients clients;
  private final PostgresConnector connector;
  private final Variations variations;
  private final StopSignal stop;
  private final IngestState state;
  private final IngestMeters meters;
  private final CapturedTables tables;
  private volatile boolean replaced;
  private boolean prepared;
  private boolean refused;
  private long lookedNanos = System.nanoTime();

  Term(
      PipelineSettings settings,
      PostgresSettings postgres,
      KafkaSettings kafka,
      Variations variations,
      StopSignal stop,
      IngestState state,
      IngestMeters meters) {
    this.settings = settings;
    this.postgres = postgres;
    this.clients = new KafkaClients(kafka);
    this.connector = new PostgresConnector(postgres, clientId());
    this.variations = variations;
    this.stop = stop;
    this.state = state;
    this.meters = meters;
    this.tables = new CapturedTables(settings);
  }

  /**
   * Runs until a stop is requested.
   *
   * @throws EngineFailedException when the engine ended by itself
   * @throws SQLException when Postgres is away, also in the middle of streaming
   * @throws ExecutionException when Kafka is away at the beginning
   * @throws TimeoutException when Kafka does not answer at the beginning
   * @throws RefusedException when an operator must change something first
   */
  void run()
      throws EngineFailedException,
          SQLException,
          ExecutionException,
          TimeoutException,
          RefusedException,
          InterruptedException {
    try (LeaderSession session = LeaderSession.open(connector, settings.names())) {
      while (!session.take()) {
        state.notStreaming("standby");
        stop.pause(STANDBY_POLL);
        if (stop.requested() || replaced) {
          return;
        }
      }
      prepare(session.connection());
      prepared = true;
      stream(session);
    } catch (RefusedException e) {
      refused = true;
      throw e;
    } catch (SQLException e) {
      String state = e.getSQLState();
      refused = !prepared && state != null && state.startsWith(ACCESS_RULE);
      throw e;
    }
  }

  private void prepare(Connection connection)
      throws SQLException,
          ExecutionException,
          TimeoutException,
          RefusedException,
          InterruptedException {
    state.notStreaming("preparing the tables");
    tables.look(connection);
    state.notStreaming("preparing Kafka's topics");
    ensureTopics();
    state.notStreaming("preparing the replication slot");
    new SlotPreparation(settings, tables, meters).run(connection);
  }

  private void stream(LeaderSession session)
      throws SQLException, EngineFailedException, InterruptedException {
    PipelineNames names = settings.names();
    try (Gate gate = variations.gate().apply(connector.named(clientId() + "-gate"));
        SlotProgress progress =
            SlotProgress.open(
                connector.named(clientId() + "-progress"),
                names,
                variations.acknowledgeEvery(),
                System::nanoTime);
        KafkaPublisher publisher =
            new KafkaPublisher(
                clients, clientId(), this::repairTopics, newBackoff(), state, meters)) {
      BatchHandler handler =
          new BatchHandler(
              new BatchHandler.Edges(
                  gate, publisher, progress, state, meters, InstantSource.system()),
              new EventReader(names),
              new EventEncoder(names, meters),
              settings.ingest().gateLimit());
      Map<String, String> properties =
          variations.engine().apply(EngineProperties.of(settings, postgres, tables.patterns()));
      EngineRun engine = new EngineRun(properties, handler, stop::wake);
      Beat first = session.beat();
      meters.slot(first);
      state.streaming(first.number());
      engine.start();
      try {
        keepBeating(session, engine);
        state.notStreaming("stopping");
      } finally {
        meters.slotUnknown();
        engine.stop();
      }
    }
  }

  private void keepBeating(LeaderSession session, EngineRun engine)
      throws SQLException, EngineFailedException, InterruptedException {
    long lastActive = System.nanoTime();
    while (!stop.requested() && !replaced) {
      lookAtTables(session.connection());
      stop.pause(settings.ingest().heartbeat());
      if (!engine.running()) {
        throw new EngineFailedException("the engine ended", engine.failure());
      }
      Beat beat = session.beat();
      meters.slot(beat);
      lastActive = beat.slotActive() ? System.nanoTime() : lastActive;
      if (System.nanoTime() - lastActive > quietLimit().toNanos()) {
        throw new EngineFailedException("nobody reads from the slot", null);
      }
      if (tablesChanged(session.connection())) {
        log.atInfo().log("tables have joined: beginning anew with them");
        return;
      }
    }
  }

  /** What was done to the tables; one that was made anew has to be published first. */
  private void lookAtTables(Connection connection) throws SQLException, EngineFailedException {
    Set<TableName> captured = tables.ofRules();
    TableShapes shapes = new TableShapes(connection, settings.names());
    List<String> changed = shapes.record(captured);
    if (!changed.isEmpty()) {
      log.atInfo().addKeyValue("tables", changed).log("tables have another shape than before");
      if (shapes.isAnyUnpublished(captured)) {
        throw new EngineFailedException("a captured table was made anew", null);
      }
    }
  }

  private boolean tablesChanged(Connection connection) throws SQLException {
    long now = System.nanoTime();
    if (now - lookedNanos < settings.reload().interval().toNanos()) {
      return false;
    }
    lookedNanos = now;
    return tables.haveGrown(connection);
  }

  /** Makes {@link #run} end in order: another term takes its place. Safe for any thread. */
  void replace() {
    replaced = true;
    stop.wake();
  }

  /** Whether everything that may be refused has been accepted. */
  boolean prepared() {
    return prepared;
  }

  /** Whether it ended because a table cannot be captured, or not by this role. */
  boolean refused() {
    return refused;
  }

  /**
   * When the server has closed the stream, an engine behind a silent network cannot know; and one
   * that is only starting has not opened it yet.
   */
  private Duration quietLimit() {
    return state.hasBeaten()
        ? settings.ingest().heartbeat().multipliedBy(QUIET_BEATS)
        : ENGINE_START_LIMIT;
  }

  private void ensureTopics() throws ExecutionException, TimeoutException, InterruptedException {
    TopicAdmin admin = new TopicAdmin(clients, settings.ingest(), clientId() + "-admin");
    admin.ensure(tables.topics());
    admin.ensureHeartbeat(settings.names());
    if (!settings.writes().isEmpty()) {
      admin.ensureSingle(settings.names(), settings.writebehind().receiptRetention());
    }
  }

  /** A topic that is missing may be that of a table which was made or renamed a moment ago. */
  private void repairTopics() throws ExecutionException, TimeoutException, InterruptedException {
    Set<String> topics = tables.topics();
    try (Connection connection = connector.named(clientId() + "-tables").connect()) {
      topics.addAll(tables.topicsNow(connection));
    } catch (SQLException e) {
      // Those that are known come first; the next attempt looks again.
      log.atDebug().setCause(e).log("the catalogue does not tell which topics are missing");
    }
    TopicAdmin admin = new TopicAdmin(clients, settings.ingest(), clientId() + "-admin");
    admin.ensure(topics);
    admin.ensureHeartbeat(settings.names());
    admin.ensureSingle(settings.names(), settings.writebehind().receiptRetention());
  }

  private String clientId() {
    return IngestSessions.name(settings.names());
  }

  private static Backoff newBackoff() {
    return new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5), RandomGenerator.getDefault());
  }

  /** The engine ended although nobody asked it to. */
  static final class EngineFailedException extends Exception {

    private static final long serialVersionUID = 1L;

    private EngineFailedException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }
}
