package dev.cachetide.invalidation.rules;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides when a transaction has changed so many rows that one coarse eviction is to take the place
 * of all further keys that a rule names for it. Pure and without a clock; for one thread.
 *
 * <p><b>Why events may be skipped after the sweep.</b> A <em>sweep</em> evicts all that the rule
 * can name. It begins after an event of transaction T was applied, and events are applied only once
 * their transaction is visible to every reader of the primary. So when the sweep begins, all of T
 * is visible, the rows of events that are still to come too. Consider an entry of a row that T
 * changed, when the sweep has ended:
 *
 * <ul>
 *   <li>Stored, or its lease taken, before the sweep began and still there when the sweep came by:
 *       the sweep removes it. SCAN returns every key that is there from its beginning to its end.
 *   <li>Gone in between: then its lease, which was a token in that key, is gone as well and cannot
 *       fill any more, however late its reader is.
 *   <li>Made anew since the sweep began, whether the sweep saw it or not: its lease is younger than
 *       the beginning, its row was read after that, and shows T.
 *   <li>Under a tag or a version: readers note the stamp before they read the database. The stamp
 *       was removed like a key, so an entry with the old stamp is a miss and one with a new stamp
 *       was read after T was visible.
 * </ul>
 *
 * So nothing of T is stale from then on, whatever order, repetition or owner the rest of its events
 * come in, and evicting for them would only remove what is fresh. For plain keys, which have no
 * lease, an application that read before T and stores after the eviction keeps a stale entry: that
 * race is theirs with precise keys as well.
 *
 * <p><b>What would break it</b>, and where that is kept out: a sweep that Redis did not finish, or
 * that the caches inside applications were not told of, counts for nothing ({@link #swept} comes
 * after both). Another start of Redis may lack what the sweep removed ({@link #forget}, and the
 * {@link #trusted} rules are swept again in the Redis that answers now). Other rules are other
 * objects. An event that was published before its transaction was visible has no {@link
 * TransactionId} for this purpose. An id that is used again has another time of commit.
 *
 * <p>Until the sweep has ended every key that is named is evicted one by one as ever. Only so many
 * transactions are remembered; one that is forgotten is counted anew, which costs another sweep and
 * no entry.
 */
public final class StormGovernor {

  /** Remembered at once; those that were not seen for longest are forgotten first. */
  static final int MOST_TRANSACTIONS = 1_000;

  private final Map<TransactionId, IdentityHashMap<Rule, Count>> transactions =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(
            Map.Entry<TransactionId, IdentityHashMap<Rule, Count>> eldest) {
          return size() > MOST_TRANSACTIONS;
        }
      };
  private final IdentityHashMap<Rule, List<TransactionId>> beyond = new IdentityHashMap<>();
  private final Set<Rule> trusted = Collections.newSetFromMap(new IdentityHashMap<>());

  /**
   * Whether a rule has nothing left to evict for a transaction.
   *
   * @param transaction null when it is not known
   */
  public boolean covers(@Nullable TransactionId transaction, Rule rule) {
    IdentityHashMap<Rule, Count> counts =
        transaction == null ? null : transactions.get(transaction);
    Count count = counts == null ? null : counts.get(rule);
    return count != null && count.covered;
  }

  /**
   * Whether none of the rules, of which there is one at least, has anything left to do. One that
   * refreshes always has: what it puts for one row is no word for the rows that come after.
   */
  public boolean coversAll(@Nullable TransactionId transaction, List<Rule> rules) {
    return transaction != null
        && !rules.isEmpty()
        && rules.stream().allMatch(rule -> rule.refresh().isEmpty() && covers(transaction, rule));
  }

  /** Names that a rule has evicted for a transaction, in a batch that was applied. */
  public void count(TransactionId transaction, Rule rule, int names) {
    Count count =
        transactions
            .computeIfAbsent(transaction, any -> new IdentityHashMap<>())
            .computeIfAbsent(rule, any -> new Count());
    int limit = rule.limits().keysPerTransaction();
    boolean before = count.names > limit;
    count.names += names;
    if (!before && count.names > limit && !count.covered) {
      beyond.computeIfAbsent(rule, any -> new ArrayList<>()).add(transaction);
    }
  }

  /** Names that were counted; 0 for what is not remembered. */
  public long counted(TransactionId transaction, Rule rule) {
    IdentityHashMap<Rule, Count> counts = transactions.get(transaction);
    Count count = counts == null ? null : counts.get(rule);
    return count == null ? 0 : count.names;
  }

  /** A sweep that is worth while; from now on it is the caller's. Null when there is none. */
  public @Nullable Sweep due() {
    Iterator<Map.Entry<Rule, List<TransactionId>>> rules = beyond.entrySet().iterator();
    while (rules.hasNext()) {
      Map.Entry<Rule, List<TransactionId>> next = rules.next();
      Rule rule = next.getKey();
      List<TransactionId> remembered =
          next.getValue().stream().filter(transactions::containsKey).toList();
      rules.remove();
      if (!remembered.isEmpty()) {
        return new Sweep(rule, remembered);
      }
    }
    return null;
  }

  /**
   * Everything that the rule can name has left since the sweep was handed out, and everybody was
   * told.
   */
  public void swept(Sweep sweep) {
    sweep.transactions().forEach(each -> cover(each, sweep.rule()));
  }

  /** The same for a transaction whose batch held the coarse eviction itself. */
  void cover(TransactionId transaction, Rule rule) {
    transactions
            .computeIfAbsent(transaction, any -> new IdentityHashMap<>())
            .computeIfAbsent(rule, any -> new Count())
            .covered =
        true;
    trusted.add(rule);
  }

  /** The sweep may not have reached everything; it is due again. */
  public void failed(Sweep sweep) {
    beyond.computeIfAbsent(sweep.rule(), any -> new ArrayList<>()).addAll(sweep.transactions());
  }

  /** Rules that events may have been skipped for, because of a sweep. */
  public List<Rule> trusted() {
    return List.copyOf(trusted);
  }

  /** No sweep counts any more. */
  public void forget() {
    transactions.clear();
    beyond.clear();
    trusted.clear();
  }

  private static final class Count {
    private long names;
    private boolean covered;
  }

  /**
   * One coarse eviction.
   *
   * @param transactions that it covers: all of them were visible when it was handed out
   */
  public record Sweep(Rule rule, List<TransactionId> transactions) {}
}
