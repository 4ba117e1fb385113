package dev.cachetide.invalidation;

import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.runtime.Outcome;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rules that hold, and what their change makes old.
 *
 * <p>An entry under a template that is new was not evicted by the changes that were read before, so
 * it may be stale for good. Two moments answer for that, and both are needed:
 *
 * <ul>
 *   <li>When a worker takes other rules over while it runs, everything that changed rules name, as
 *       they were and as they are, leaves, and the generation is bumped. Every worker does so when
 *       it changes itself: until then it reads its partitions by the old rules, so the last one to
 *       change is the one that counts.
 *   <li>When a worker takes a partition over that was last read by other rules, or by nobody known,
 *       the same happens before it reads. A note for each partition, and not one for the pipeline,
 *       is what a restart of workers one by one needs: an old worker may read its partitions long
 *       after the first new one has noted and evicted.
 * </ul>
 *
 * <p>The note is written after the eviction: whoever dies in between leaves the old note, and the
 * next one evicts again. While a worker runs, the generation is bumped before the change: without
 * Postgres the old rules go on, and nothing waits. For the loop's thread, but for {@link #propose}
 * and {@link #current}.
 */
final class RuleChange {

  private static final Logger log = LoggerFactory.getLogger(RuleChange.class);
  private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Ledger ledger;
  private final UnaryOperator<Flush> flushes;
  private final Consumer<AppliedRules> whenHeld;
  private final LongSupplier nanoTime;
  private final AtomicReference<@Nullable AppliedRules> proposed = new AtomicReference<>();
  private final Set<TopicPartition> owned = new HashSet<>();
  private volatile AppliedRules current;
  private @Nullable Plan owed;
  private boolean noteOwed;
  private boolean waiting;
  private long againNanos;

  /**
   * @param first until the catalogue was asked
   * @param flushes the identity, but for a negative control
   * @param whenHeld told the rules that hold from now on
   */
  RuleChange(
      AppliedRules first,
      Ledger ledger,
      UnaryOperator<Flush> flushes,
      Consumer<AppliedRules> whenHeld,
      LongSupplier nanoTime) {
    this.current = first;
    this.ledger = ledger;
    this.flushes = flushes;
    this.whenHeld = whenHeld;
    this.nanoTime = nanoTime;
    againNanos = nanoTime.getAsLong();
  }

  /** The rules that hold. */
  AppliedRules current() {
    return current;
  }

  /** Asks the loop to go by other rules, which were checked. The latest proposal counts. */
  void propose(AppliedRules next) {
    proposed.set(next);
  }

  /** Whether other rules are to hold, or what their change makes old has not left yet. */
  boolean isChanging() {
    return proposed.get() != null || owed != null;
  }

  /** Fills in what the catalogue told, before anything was read by these rules. */
  void fillIn(AppliedRules whole) {
    current = whole;
    whenHeld.accept(whole);
  }

  /** The partitions of this worker that hold changes of a rule's table. */
  Set<TopicPartition> owned(Rule rule) {
    SourceTopics topics = current.topics();
    return owned.stream()
        .filter(partition -> topics.isOf(rule, partition.topic()))
        .collect(Collectors.toSet());
  }

  void forget(Collection<TopicPartition> gone) {
    owned.removeAll(Set.copyOf(gone));
  }

  /**
   * Before the first record of newly assigned partitions.
   *
   * @param flush makes everything in a plan leave and tells the caches inside applications
   */
  Outcome takeOver(Collection<TopicPartition> assigned, Flush flush) {
    Map<TopicPartition, String> ours = fingerprints(assigned);
    try {
      Map<TopicPartition, String> noted = ours.isEmpty() ? ours : ledger.noted();
      Set<String> strange = new HashSet<>();
      ours.forEach(
          (partition, fingerprint) -> {
            if (!fingerprint.equals(noted.get(partition))) {
              strange.add(partition.topic());
            }
          });
      if (!strange.isEmpty()) {
        Outcome flushed = flushes.apply(flush).everything(current.everything(strange));
        if (!(flushed instanceof Outcome.Applied)) {
          return flushed;
        }
        ledger.bumpAndNote(ours);
        log.atInfo()
            .addKeyValue("topics", strange)
            .log("last read by other rules or by nobody: all that their rules name was evicted");
      }
    } catch (SQLException e) {
      return new Outcome.Transient("ask Postgres by which rules partitions were read", e);
    }
    owned.addAll(assigned);
    return Outcome.applied();
  }

  private Map<TopicPartition, String> fingerprints(Collection<TopicPartition> partitions) {
    Map<TopicPartition, String> fingerprints = new HashMap<>();
    for (TopicPartition partition : partitions) {
      String fingerprint = current.fingerprint(partition.topic());
      if (fingerprint != null) {
        fingerprints.put(partition, fingerprint);
      }
    }
    return fingerprints;
  }

  /**
   * Between two batches: changes over to what was proposed, and does what the change calls for.
   *
   * @return a failure only of what must be done before anything else is read
   */
  Outcome whenProposed(Flush flush) {
    AppliedRules next = proposed.get();
    if (next != null && nanoTime.getAsLong() - againNanos >= 0) {
      changeTo(next);
    }
    if (owed != null) {
      Outcome flushed = flushes.apply(flush).everything(owed);
      if (!(flushed instanceof Outcome.Applied)) {
        return flushed;
      }
      owed = null;
      noteOwed = true;
    }
    if (noteOwed && nanoTime.getAsLong() - againNanos >= 0) {
      note();
    }
    return Outcome.applied();
  }

  private void changeTo(AppliedRules next) {
    Set<String> changed = current.changedBy(next);
    try {
      if (!changed.isEmpty()) {
        ledger.bump();
      }
    } catch (SQLException e) {
      notNow("the rules are not changed yet: Postgres cannot bump the generation", e);
      return;
    }
    if (!changed.isEmpty()) {
      Plan leaving = owed == null ? new Plan() : owed;
      leaving.widen(current.everything(changed));
      leaving.widen(next.everything(changed));
      owed = leaving;
    }
    current = next;
    whenHeld.accept(next);
    waiting = false;
    proposed.compareAndSet(next, null);
    log.atInfo()
        .addKeyValue("rules", next.rules().rules().size())
        .addKeyValue("fingerprint", next.fingerprint())
        .addKeyValue("changed", changed)
        .log("other rules hold from now on");
  }

  /** Until it is written, whoever takes these partitions over evicts once more. */
  private void note() {
    try {
      ledger.note(fingerprints(owned));
      noteOwed = false;
      waiting = false;
    } catch (SQLException e) {
      notNow("by which rules partitions are read could not be noted", e);
    }
  }

  private void notNow(String what, SQLException cause) {
    (waiting ? log.atDebug() : log.atWarn()).setCause(cause).log(what);
    waiting = true;
    againNanos = nanoTime.getAsLong() + AGAIN_NANOS;
  }

  /** Makes everything in a plan leave and tells the caches inside applications. */
  @FunctionalInterface
  interface Flush {
    /** {@link Outcome.Applied} once it has left. */
    Outcome everything(Plan plan);
  }

  /** By which rules partitions were read, kept where no Redis can lose it. */
  interface Ledger {
    /** As noted last, of every partition. */
    Map<TopicPartition, String> noted() throws SQLException;

    /** Notes by which rules partitions are read from now on. */
    void note(Map<TopicPartition, String> fingerprints) throws SQLException;

    /** {@link #bump} and {@link #note}, both or none. */
    void bumpAndNote(Map<TopicPartition, String> fingerprints) throws SQLException;

    /** Makes everything that applications have cached so far old. */
    void bump() throws SQLException;
  }
}
