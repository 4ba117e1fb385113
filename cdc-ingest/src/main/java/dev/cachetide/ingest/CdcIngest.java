package dev.cachetide.ingest;

import dev.cachetide.ingest.Term.EngineFailedException;
import dev.cachetide.runtime.Advice;
import dev.cachetide.runtime.Backoff;
import dev.cachetide.runtime.ExitStatus;
import dev.cachetide.runtime.KafkaAdvice;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.Pauses;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.Readiness;
import dev.cachetide.runtime.Reloadable;
import dev.cachetide.runtime.postgres.PauseWatch;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.runtime.settings.Problem;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes the row changes of the captured tables to Kafka: each committed change at least once,
 * the changes of a row in their order, none before a reader of the primary can see it.
 *
 * <p>The replication slot is the only offset. Where changes may have been missed (a first start, a
 * lost slot, a slot moved by somebody else, another server) the pipeline's generation is bumped
 * before streaming resumes, and the bump travels to the workers with the changes.
 *
 * <p>One ingest streams at a time; another one started beside it is not ready, with the reason
 * {@code standby}, and takes over when the first is gone. It never gives up by itself: servers that
 * are away are waited for.
 *
 * <p>Of a partitioned table the changes come under the root's name. What changes rows without a row
 * change is not in the stream: {@link TableShapes} looks for it.
 */
public final class CdcIngest implements Program, Reloadable {

  private static final Logger log = LoggerFactory.getLogger(CdcIngest.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final Duration PAUSE_LOOK = Duration.ofMillis(200);
  private static final long CLOSE_LIMIT_SECONDS = 60;

  private final StopSignal stop = new StopSignal();
  private final AtomicBoolean started = new AtomicBoolean();
  private final CompletableFuture<ExitStatus> ended = new CompletableFuture<>();
  private final Backoff backoff =
      new Backoff(FIRST_PAUSE, LONGEST_PAUSE, RandomGenerator.getDefault());
  private final IngestState state;
  private final Function<PipelineSettings, Term> terms;
  private final PostgresConnector connector;
  private final PauseWatch pauses;
  private final KafkaAdvice kafkaAdvice;
  private volatile PipelineSettings wanted;
  private PipelineSettings accepted;
  private @Nullable Term term;

  /**
   * Connects to nothing yet.
   *
   * @throws IllegalArgumentException when the settings name no Postgres or no Kafka
   */
  public CdcIngest(PipelineSettings settings, MeterRegistry registry) {
    this(settings, registry, Variations.none());
  }

  CdcIngest(PipelineSettings settings, MeterRegistry registry, Variations variations) {
    PostgresSettings postgres = settings.postgres();
    KafkaSettings kafka = settings.kafka();
    if (postgres == null || kafka == null) {
      throw new IllegalArgumentException("ingest needs the sections postgres and kafka");
    }
    this.state = new IngestState(settings.ingest().heartbeat(), System::nanoTime);
    this.connector = new PostgresConnector(postgres, "cachetide-ingest-reload");
    this.kafkaAdvice = new KafkaAdvice(kafka);
    this.wanted = settings;
    this.accepted = settings;
    this.pauses =
        new PauseWatch(
            connector.named("cachetide-ingest-pauses"),
            settings.names().pipeline(),
            PauseWatch.Concern.ofRole(name()).then(unused -> endTermIfPaused()),
            registry);
    IngestMeters meters = new IngestMeters(registry);
    meters.streaming(state::isStreaming);
    this.terms = rules -> new Term(rules, postgres, kafka, variations, stop, state, meters);
  }

  @Override
  public String name() {
    return "ingest";
  }

  @Override
  public void start() {
    if (stop.requested() || !started.compareAndSet(false, true)) {
      throw new IllegalStateException("ingest was started or closed before");
    }
    Thread thread = new Thread(this::run, "cachetide-ingest");
    thread.setDaemon(true);
    thread.start();
    pauses.start();
  }

  /**
   * The term that streams ends in order, and the next one captures the tables of the new rules: the
   * slot loses nothing in between. Tables that join have a gap, which bumps the generation.
   */
  @Override
  public List<Problem> reload(PipelineSettings settings) throws SQLException {
    try (Connection connection = connector.connect()) {
      new CapturedTables(settings).look(connection);
    } catch (RefusedException e) {
      return List.of(new Problem("rules", "rules", String.valueOf(e.getMessage()), "see there"));
    }
    synchronized (this) {
      wanted = wanted.withRulesOf(settings);
      if (term != null) {
        term.replace();
      }
    }
    return List.of();
  }

  @Override
  public Readiness readiness() {
    return state.readiness();
  }

  @Override
  public CompletableFuture<ExitStatus> ended() {
    return ended.copy();
  }

  @Override
  public void close() {
    stop.request();
    if (started.compareAndSet(false, true)) {
      ended.complete(ExitStatus.STOPPED);
    }
    ended.copy().completeOnTimeout(ExitStatus.FAILED, CLOSE_LIMIT_SECONDS, TimeUnit.SECONDS).join();
    pauses.close();
  }

  private void run() {
    try {
      int failures = 0;
      while (waitWhilePaused()) {
        PipelineSettings settings = wanted;
        Term next = begin(settings);
        boolean inOrder = runTerm(next);
        accept(settings, next);
        failures = inOrder || state.takeProgress() ? 0 : failures + 1;
        stop.pause(inOrder ? Duration.ZERO : backoff.pause(failures + 1));
      }
      state.notStreaming("stopped");
      ended.complete(ExitStatus.STOPPED);
    } catch (InterruptedException | RuntimeException | Error e) {
      // The thread ends here; whoever runs the program learns of it and decides.
      log.atError().setCause(e).log("ingest ends");
      state.notStreaming("failed");
      ended.complete(ExitStatus.FAILED);
    }
  }

  /**
   * Whether to go on, once nothing is paused. The slot keeps what happens meanwhile. While Postgres
   * does not tell, a term would not begin either.
   */
  private boolean waitWhilePaused() throws InterruptedException {
    Outcome unused = pauses.ask();
    while (pauses.role() && !stop.requested()) {
      state.notStreaming(Pauses.BY_OPERATIONS);
      stop.pause(PAUSE_LOOK);
    }
    return !stop.requested();
  }

  private synchronized void endTermIfPaused() {
    stop.wake();
    if (term != null && pauses.role()) {
      term.replace();
    }
  }

  private synchronized Term begin(PipelineSettings settings) {
    Term next = terms.apply(settings);
    term = next;
    if (!wanted.equals(settings) || pauses.role()) {
      next.replace();
    }
    return next;
  }

  /** Rules that Postgres refuses at last, although they were checked, must not end the stream. */
  private synchronized void accept(PipelineSettings settings, Term ended) {
    boolean reloaded = !settings.equals(accepted);
    if (ended.prepared()) {
      accepted = settings;
    } else if (ended.refused() && reloaded && wanted.equals(settings)) {
      wanted = accepted;
      log.atError().log("the reloaded rules were refused; those before them go on");
    }
  }

  /** Whether the term ended in order; a failed one is worth a pause and another. */
  private boolean runTerm(Term term) throws InterruptedException {
    try {
      term.run();
      return true;
    } catch (SQLException e) {
      failed(Advice.with("Postgres is away or refuses", e), e);
    } catch (ExecutionException | TimeoutException | KafkaException e) {
      failed(
          kafkaAdvice
              .toward(e)
              .map(advice -> "Kafka is away or refuses: " + advice)
              .orElse("Kafka is away or refuses"),
          e);
    } catch (EngineFailedException e) {
      failed("the stream broke", e);
    } catch (RefusedException e) {
      failed("a table cannot be captured: see the log", e);
    }
    return false;
  }

  private void failed(String what, Exception cause) {
    log.atWarn().setCause(cause).addKeyValue("state", what).log("ingest will try again");
    state.notStreaming(what);
  }
}
