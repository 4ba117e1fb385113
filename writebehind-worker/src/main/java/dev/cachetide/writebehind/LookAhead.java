package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import dev.cachetide.writebehind.BatchPlan.Command;
import dev.cachetide.writebehind.BatchPlan.Decoded;
import dev.cachetide.writebehind.RowScreens.Effects;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * While commands are refused, looks at the values of those to come, and asks Postgres, on a thread
 * and a connection of its own, what it may refuse of them: so the transaction, which must ask for
 * itself what may have changed since, has to ask for few.
 *
 * <p>What it finds decides nothing. A Postgres that does not answer soon is not asked for a while,
 * and the transactions ask for all.
 */
final class LookAhead implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(LookAhead.class);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);
  private static final Duration REST = Duration.ofSeconds(10);
  private static final long END_SECONDS = 5;

  private final ExecutorService executor =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "write-behind-look");
            thread.setDaemon(true);
            return thread;
          });
  private final PostgresSession session;
  private final Supplier<Expectations> expectations;
  private long restUntilNanos = System.nanoTime();

  /**
   * Asks on a session that is used by nobody else.
   *
   * @param expectations what to look for; any thread asks
   */
  LookAhead(PostgresSession session, Supplier<Expectations> expectations) {
    this.session = session;
    this.expectations = expectations;
  }

  /**
   * Looks at their values and begins to ask; what is returned waits for the answers, but not for
   * long. For any thread.
   */
  Supplier<List<Decoded>> at(List<Decoded> decoded) {
    Expectations expected = expectations.get();
    if (!expected.alert()) {
      return () -> decoded;
    }
    Look look = Look.at(decoded, expected);
    Future<List<Decoded>> asking = executor.submit(() -> ask(look));
    return () -> await(asking, decoded);
  }

  private static List<Decoded> await(Future<List<Decoded>> asking, List<Decoded> decoded) {
    try {
      return asking.get(LONGEST_WAIT.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return decoded; // the transaction asks
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("looking ahead failed", e.getCause());
    }
  }

  private List<Decoded> ask(Look look) {
    if (System.nanoTime() - restUntilNanos >= 0) {
      try {
        look.ask(new Questions(new RowScreens(session.connection())));
      } catch (SQLException e) {
        session.discard();
        restUntilNanos = System.nanoTime() + REST.toNanos();
        log.atDebug().setCause(e).log("Postgres does not tell what it may refuse; not asked ahead");
      }
    }
    return look.doubted();
  }

  @Override
  public void close() {
    executor.shutdownNow();
    try {
      if (executor.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
        session.close();
      }
    } catch (InterruptedException e) {
      // the caller is in a hurry: the thread is a daemon, and each of its questions is short
      Thread.currentThread().interrupt();
    }
  }

  /** One look at some commands. */
  private static final class Look {
    /** What its values tell: Postgres is not asked about an effect that this is found of. */
    private static final Set<Suspicion> TOLD = EnumSet.of(Suspicion.VALUE, Suspicion.REMEMBERED);

    private final List<Decoded> decoded;
    private final Expectations expected;
    private final List<RowOp> effects = new ArrayList<>();
    private final Map<TableName, List<Integer>> fit = new LinkedHashMap<>();
    private final Map<Integer, Set<Suspicion>> found = new HashMap<>();
    private final Map<TableName, Set<Suspicion>> looked = new HashMap<>();

    private Look(List<Decoded> decoded, Expectations expected) {
      this.decoded = decoded;
      this.expected = expected;
    }

    static Look at(List<Decoded> decoded, Expectations expected) {
      Look look = new Look(decoded, expected);
      ValueScreen values = new ValueScreen();
      Learned.Search remembered = expected.remembered().search();
      for (Decoded each : decoded) {
        if (each instanceof Command command && command.op() != null) {
          look.at(command.op(), values, remembered);
        }
      }
      return look;
    }

    private void at(RowOp op, ValueScreen values, Learned.Search remembered) {
      TableName table = op.table().name();
      int index = effects.size();
      effects.add(op);
      if (values.misfit(op, column -> expected.trusts(table, column)).isPresent()) {
        found.put(index, EnumSet.of(Suspicion.VALUE));
      } else if (remembered.finds(op)) {
        found.put(index, EnumSet.of(Suspicion.REMEMBERED));
      } else {
        fit.computeIfAbsent(table, name -> new ArrayList<>()).add(index);
        looked(table); // for its values, whatever else
      }
    }

    private Set<Suspicion> looked(TableName table) {
      return looked.computeIfAbsent(table, name -> EnumSet.copyOf(TOLD));
    }

    /** Asks Postgres; what it has answered stays when it throws. */
    void ask(Questions questions) throws SQLException {
      for (List<Integer> ofTable : fit.values()) {
        TargetTable table = effects.get(ofTable.get(0)).table();
        for (Suspicion kind : expected.of(table.name())) {
          try {
            questions.ask(kind, table, new Effects(effects, ofTable), this::doubt);
            looked(table.name()).add(kind);
          } catch (SQLException e) {
            if (!SqlStates.isData(e.getSQLState())) {
              throw e;
            }
            // a value that cannot be asked about: the transaction finds out which
            log.atDebug().addKeyValue("state", e.getSQLState()).log("a question was refused");
          }
        }
      }
    }

    private void doubt(int index, Suspicion suspicion) {
      found
          .computeIfAbsent(index, unused -> EnumSet.noneOf(Suspicion.class))
          .add(suspicion.asked());
    }

    List<Decoded> doubted() {
      Map<TableName, Doubts> none = new HashMap<>();
      looked.forEach((table, kinds) -> none.put(table, new Doubts(kinds, Set.of())));
      List<Decoded> doubted = new ArrayList<>(decoded.size());
      int next = 0;
      for (Decoded each : decoded) {
        if (each instanceof Command command && command.op() != null) {
          Doubts nothing = none.getOrDefault(command.op().table().name(), Doubts.UNKNOWN);
          Set<Suspicion> some = found.get(next++);
          doubted.add(command.with(some == null ? nothing : doubts(some, nothing)));
        } else {
          doubted.add(each);
        }
      }
      return doubted;
    }

    private static Doubts doubts(Set<Suspicion> found, Doubts ofOthers) {
      boolean told = found.stream().anyMatch(TOLD::contains);
      return new Doubts(told ? TOLD : ofOthers.looked(), found);
    }
  }
}
