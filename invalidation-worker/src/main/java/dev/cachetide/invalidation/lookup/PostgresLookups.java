package dev.cachetide.invalidation.lookup;

import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.ChangedRow;
import dev.cachetide.invalidation.rules.Lookup;
import dev.cachetide.invalidation.rules.LookupTuples;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.postgres.PostgresConnector;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks related rows up over one connection, which is opened when needed: a statement for each
 * thousand distinct values of a {@code fan_out} in a batch.
 *
 * <p>Nothing here is without a bound. An image of a changed row gets its {@code cap}, a batch
 * {@value #MOST_ROWS} rows, a statement {@link #TIMEOUT}; what is beyond them becomes what the rule
 * names for too many rows, or everything that its template could name.
 */
public final class PostgresLookups implements Lookups {

  /** Values that one statement asks for. */
  static final int CHUNK = 1_000;

  /** Rows of all lookups of a batch. */
  static final int MOST_ROWS = 100_000;

  /** Of one statement, unless the driver would give up the connection before. */
  static final Duration TIMEOUT = Duration.ofSeconds(5);

  private static final Logger log = LoggerFactory.getLogger(PostgresLookups.class);

  private final PostgresConnector postgres;
  private final Duration timeout;
  private @Nullable LookupSession session;

  /** Connects when first asked. */
  public PostgresLookups(PostgresConnector postgres) {
    this(postgres, TIMEOUT);
  }

  PostgresLookups(PostgresConnector postgres, Duration timeout) {
    this.postgres = postgres;
    // A lookup that is too slow must end as one, and not as a server that seems to be away.
    Duration half = postgres.socketTimeout().dividedBy(2);
    this.timeout = timeout.compareTo(half) < 0 ? timeout : half;
  }

  @Override
  public Found resolve(Plan plan) {
    if (plan.lookups().isEmpty()) {
      return Found.NOTHING;
    }
    Progress progress = new Progress();
    try {
      for (Map.Entry<Lookup, List<ChangedRow>> each : plan.lookups().entrySet()) {
        Plan related = new Plan(spared(each.getKey().rule(), each.getValue()));
        resolve(each.getKey(), each.getValue(), related, progress);
        plan.add(related);
      }
      return progress.found(null);
    } catch (SQLException e) {
      close();
      return progress.found(new Outcome.Transient("look up related rows in Postgres", e));
    }
  }

  /** A row may be related to several of them. */
  private static Spared spared(Rule rule, List<ChangedRow> changed) {
    return changed.stream()
        .map(row -> rule.spared(row.event()))
        .reduce(Spared.PENDING, Spared::and);
  }

  private void resolve(Lookup lookup, List<ChangedRow> changed, Plan plan, Progress progress)
      throws SQLException {
    try {
      CompiledLookup compiled = session().compiled(lookup.fanOut());
      LookupTuples tuples = LookupTuples.of(compiled.sourceColumns(), changed);
      if (tuples.lacking() != null) {
        throw new LookupFailed("a row image lacks a column of the lookup", tuples.lacking());
      }
      if (!tuples.complete()) {
        // The rule says to widen where the old value is not told; or a long value is not repeated.
        lookup.failed(plan);
      }
      List<List<@Nullable String>> values = tuples.values();
      for (int from = 0; from < values.size(); from += CHUNK) {
        List<List<@Nullable String>> chunk =
            values.subList(from, Math.min(values.size(), from + CHUNK));
        RelatedRows rows = session().ask(compiled, chunk, MOST_ROWS - progress.rows);
        progress.add(lookup, tuples, chunk, rows, plan);
      }
    } catch (LookupFailed e) {
      lookup.failed(plan);
      progress.failed(lookup, e.event() == null ? changed.get(0).event() : e.event(), e);
    }
  }

  private LookupSession session() throws SQLException {
    if (session == null) {
      session = LookupSession.open(postgres, timeout);
    }
    return session;
  }

  /** Closes the connection; a later {@link #resolve} opens another one. */
  @Override
  public void close() {
    if (session != null) {
      session.close();
    }
    session = null;
  }

  /** What one plan has come to. */
  private static final class Progress {

    private final long start = System.nanoTime();
    private final List<Failure> failures = new ArrayList<>();
    private int statements;
    private int rows;
    private int capped;

    void add(
        Lookup lookup,
        LookupTuples tuples,
        List<List<@Nullable String>> chunk,
        RelatedRows found,
        Plan plan) {
      statements++;
      rows = Math.min(MOST_ROWS, rows + found.read());
      for (int i = 0; i < chunk.size(); i++) {
        List<Map<String, @Nullable String>> related = found.of(i);
        if (related == null) {
          capped++;
          tuples.aboveCap(lookup, chunk.get(i), plan);
        } else {
          related.forEach(row -> lookup.related(row, plan));
        }
      }
    }

    void failed(Lookup lookup, ChangeEvent event, LookupFailed cause) {
      failures.add(new Failure(event, cause));
      log.atWarn()
          .addKeyValue("fanOut", lookup.fanOut().at())
          .addKeyValue("cause", cause.getMessage())
          .log("related rows cannot be looked up; everything that they could name is evicted");
    }

    Found found(@Nullable Outcome failure) {
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      return new Found(failure, statements, rows, capped, failures, took);
    }
  }
}
