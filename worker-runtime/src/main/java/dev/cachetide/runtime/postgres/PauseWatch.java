package dev.cachetide.runtime.postgres;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.Pauses;
import dev.cachetide.runtime.postgres.Pause.What;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is paused, asked once a second on a thread of its own. While Postgres is away the last that
 * is known holds. Tells of it once at each change, in the log and in {@code cachetide.paused}.
 */
public final class PauseWatch implements Pauses, AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(PauseWatch.class);
  private static final Duration EVERY = Duration.ofSeconds(1);
  private static final int PATIENCE_MILLIS = 2_000;

  private final PostgresConnector postgres;
  private final PauseTable table;
  private final Concern concern;
  private final MultiGauge gauge;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "pauses");
            thread.setDaemon(true);
            return thread;
          });
  private volatile @Nullable PauseState known;
  private volatile Set<String> topics = Set.of();
  private @Nullable Connection connection;
  private boolean closed;

  /** Connects to nothing yet. */
  public PauseWatch(
      PostgresConnector postgres, String pipeline, Concern concern, MeterRegistry registry) {
    this.postgres = postgres;
    this.table = new PauseTable(pipeline);
    this.concern = concern;
    this.gauge =
        MultiGauge.builder("cachetide.paused")
            .description("1 for what operations have paused of this program")
            .register(registry);
  }

  /** Begins to look. */
  public void start() {
    var unused =
        timer.scheduleWithFixedDelay(
            this::lookAgain, EVERY.toMillis(), EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Everything that is paused, as far as it is known. */
  public PauseState state() {
    PauseState last = known;
    return last == null ? PauseState.NOTHING : last;
  }

  @Override
  public Outcome ask() {
    if (known != null) {
      return Outcome.applied();
    }
    try {
      look();
      return Outcome.applied();
    } catch (SQLException e) {
      return new Outcome.Transient("ask Postgres what is paused", e);
    }
  }

  @Override
  public boolean role() {
    return state().role(concern.role());
  }

  @Override
  public boolean holdsBack(String topic) {
    return topics.contains(topic);
  }

  @Override
  public String reason() {
    List<Pause> concerned = concerned(state());
    if (concerned.isEmpty()) {
      return "";
    }
    return role()
        ? BY_OPERATIONS
        : concerned.stream()
            .map(Pause::described)
            .collect(Collectors.joining(", ", BY_OPERATIONS + ": ", ""));
  }

  private void lookAgain() {
    try {
      look();
    } catch (SQLException e) {
      // The last that is known holds; what else is asked of Postgres tells that it is away.
      log.atDebug().setCause(e).log("Postgres does not tell what is paused");
    } catch (RuntimeException e) {
      // Owner of the thread: an exception would end the looks, and with them every resume.
      log.atWarn().setCause(e).log("looking for what is paused failed");
    }
  }

  private synchronized void look() throws SQLException {
    PauseState next;
    try {
      next = new PauseState(table.all(connected()));
    } catch (SQLException e) {
      disconnect();
      throw e;
    }
    if (!next.equals(known)) {
      PauseState before = state();
      concern.before().accept(next);
      topics =
          next.names(What.TABLE).stream()
              .map(concern.topics()::of)
              .collect(Collectors.toUnmodifiableSet());
      known = next;
      tell(before, next);
      concern.after().accept(next);
    }
  }

  private void tell(PauseState before, PauseState next) {
    List<Pause> were = concerned(before);
    List<Pause> are = concerned(next);
    log("paused by operations", are, were);
    log("resumed by operations", were, are);
    gauge.register(
        are.stream()
            .<MultiGauge.Row<?>>map(
                pause ->
                    MultiGauge.Row.of(
                        Tags.of("what", pause.what().toString(), "name", pause.name()), 1))
            .toList(),
        true);
  }

  private static void log(String message, List<Pause> of, List<Pause> without) {
    Set<Pause> left = new HashSet<>(of);
    without.forEach(left::remove);
    left.forEach(
        pause ->
            log.atWarn()
                .addKeyValue("what", pause.what())
                .addKeyValue("name", pause.name())
                .log(message));
  }

  private List<Pause> concerned(PauseState state) {
    return state.pauses().stream()
        .filter(
            pause ->
                pause.what() == What.ROLE
                    ? pause.name().equals(concern.role())
                    : concern.tablesAndRules())
        .toList();
  }

  private Connection connected() throws SQLException {
    if (closed) {
      throw new SQLException("closed");
    }
    Connection open = connection;
    if (open == null) {
      open = postgres.connect();
      open.setNetworkTimeout(Runnable::run, PATIENCE_MILLIS);
      connection = open;
    }
    return open;
  }

  private void disconnect() {
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException e) {
        // It is given up in any case, and held no transaction.
        log.atDebug().setCause(e).log("connection did not close");
      }
      connection = null;
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
    synchronized (this) {
      closed = true;
      disconnect();
    }
  }

  /**
   * What one program wants to know.
   *
   * @param role its own
   * @param tablesAndRules whether it is concerned with pauses of those
   * @param topics which topic holds a table's changes
   * @param before told of a change before it holds
   * @param after told of a change when it holds
   */
  public record Concern(
      String role,
      boolean tablesAndRules,
      TopicOfTable topics,
      Consumer<PauseState> before,
      Consumer<PauseState> after) {

    /** Of a program that can only be paused as a whole. */
    public static Concern ofRole(String role) {
      return new Concern(role, false, table -> table, unused -> {}, unused -> {});
    }

    /** The same, told of a change when it holds. */
    public Concern then(Consumer<PauseState> told) {
      return new Concern(role, tablesAndRules, topics, before, told);
    }
  }

  /** Which topic holds the changes of a table. */
  public interface TopicOfTable {
    /** Of {@code schema.table}. */
    String of(String table);
  }
}
