package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Worlds.P0;
import static dev.cachetide.writebehind.Worlds.listed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.settings.Defaults;
import dev.cachetide.writebehind.Worlds.Log;
import dev.cachetide.writebehind.Worlds.Worker;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What one bad command in a hundred costs, each with another value: of the kinds that only Postgres
 * can tell, which cost the most, and of all.
 *
 * <p>A worker without any and two with them take turns, poll by poll, each in a database of its own
 * on one server, so that whatever else the machine does meets all of them alike. The ratio is the
 * median of those of all polls. What a run's first poll costs, in which everything is learned, is
 * told apart.
 */
class PoisonCostIT {

  private static final int POLL = Full.or(10_000, Defaults.WRITE_BEHIND.maxPollRecords());
  private static final int POLLS = Full.or(2, 6);
  private static final int ROUNDS = Full.or(1, 8);

  @RegisterExtension static final RunningPostgres postgres = new RunningPostgres();

  @Test
  void what_bad_commands_cost_is_shown() throws Exception {
    Times clean = new Times();
    Times refused = new Times();
    Times all = new Times();
    for (int round = 0; round <= ROUNDS; round++) {
      try (Run first = Run.of("clean", List.of());
          Run second = Run.of("refused", Poison.refused());
          Run third = Run.of("all", Poison.all())) {
        boolean compiled = round > 0;
        for (int poll = 0; poll < POLLS; poll++) {
          first.next(poll, compiled ? clean : new Times());
          second.next(poll, compiled ? refused : new Times());
          third.next(poll, compiled ? all : new Times());
        }
        assertThat(third.rows())
            .isEqualTo(POLLS * POLL / Poison.ONE_IN * (Poison.ONE_IN - 1) + Poison.ROWS_BEFORE);
      }
    }
    show("12 kinds that Postgres refuses", refused, clean);
    show("all 18 kinds", all, clean);
  }

  private static void show(String kinds, Times poisoned, Times clean) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < clean.steady.size(); i++) {
      ratios.add(clean.steady.get(i) / poisoned.steady.get(i));
    }
    System.out.printf(
        Locale.ROOT,
        "1 %% of bad commands of %s: throughput %.2f of clean, half of the polls %.2f to %.2f;"
            + " a poll takes %.0f ms, and %.0f ms without; the first %.0f ms, and %.0f ms%n",
        kinds,
        quantile(ratios, 0.5),
        quantile(ratios, 0.25),
        quantile(ratios, 0.75),
        1e3 * quantile(poisoned.steady, 0.5),
        1e3 * quantile(clean.steady, 0.5),
        1e3 * quantile(poisoned.first, 0.5),
        1e3 * quantile(clean.first, 0.5));
  }

  private static double quantile(List<Double> some, double part) {
    List<Double> sorted = some.stream().sorted().toList();
    return sorted.get((int) Math.round(part * (sorted.size() - 1)));
  }

  /** Seconds that polls took. */
  private record Times(List<Double> first, List<Double> steady) {
    Times() {
      this(new ArrayList<>(), new ArrayList<>());
    }
  }

  /** A worker on a log and a database of its own. */
  private record Run(String database, Log log, Worker worker) implements AutoCloseable {

    static Run of(String database, List<Poison> kinds) throws Exception {
      try (Database db = postgres.database()) {
        db.run(
            "DROP DATABASE IF EXISTS \"" + database + "\"", "CREATE DATABASE \"" + database + '"');
      }
      try (Database db = connect(database)) {
        Poison.createTables(db);
      }
      Log log = new Log();
      List<Poison> unused = Poison.fill(log, POLLS * POLL, kinds);
      Worker worker = new Worker(url(database), log, listed("rows", "id"), listed("parents", "id"));
      assertThat(worker.assign(P0)).isEqualTo(Outcome.applied());
      return new Run(database, log, worker);
    }

    private static Database connect(String database) throws Exception {
      return new Database(DriverManager.getConnection(url(database), "postgres", "postgres"));
    }

    private static String url(String database) {
      return postgres.jdbcUrl().replaceFirst("/[^/?]*(\\?|$)", "/" + database + "$1");
    }

    /** Has the handler take all that one poll brings when there is a backlog. */
    void next(int poll, Times times) {
      var polled = log.records.get(P0).subList(poll * POLL, (poll + 1) * POLL);
      ConsumerRecords<byte[], byte[]> records = new ConsumerRecords<>(Map.of(P0, polled), Map.of());
      long started = System.nanoTime();
      Outcome outcome = worker.handle(records);
      double seconds = (System.nanoTime() - started) / 1e9;
      assertThat(outcome).isEqualTo(Outcome.applied());
      (poll == 0 ? times.first : times.steady).add(seconds);
    }

    int rows() throws Exception {
      try (Database db = connect(database)) {
        return Integer.parseInt(db.one("SELECT count(*) FROM rows"));
      }
    }

    @Override
    public void close() {
      worker.close();
    }
  }
}
