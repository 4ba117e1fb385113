package dev.cachetide.spring;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** What the transaction of the calling thread means for the cache. */
final class Transactions {

  private static final Logger log = LoggerFactory.getLogger(Transactions.class);

  private static final Set<Integer> A_SNAPSHOT_FOR_EACH_STATEMENT =
      Set.of(
          TransactionDefinition.ISOLATION_READ_COMMITTED,
          TransactionDefinition.ISOLATION_READ_UNCOMMITTED);

  private Transactions() {}

  /**
   * Whether what is loaded now may be stored. In a transaction that may have written, a load sees
   * rows that nobody else sees and that may never be committed. At REPEATABLE READ and above it
   * sees the rows of the transaction's beginning, older than an eviction that came since, so that a
   * lease taken now says nothing about it.
   */
  static boolean mayStore() {
    if (!TransactionSynchronizationManager.isActualTransactionActive()) {
      return true;
    }
    Integer isolation = TransactionSynchronizationManager.getCurrentTransactionIsolationLevel();
    return TransactionSynchronizationManager.isCurrentTransactionReadOnly()
        && (isolation == null || A_SNAPSHOT_FOR_EACH_STATEMENT.contains(isolation));
  }

  /**
   * Evicts, and again when the transaction that is going on may have committed: until then a reader
   * rightly loads the row as it was.
   */
  static void evicting(Runnable eviction) {
    if (TransactionSynchronizationManager.isSynchronizationActive()
        && TransactionSynchronizationManager.isActualTransactionActive()) {
      TransactionSynchronizationManager.registerSynchronization(new Again(eviction));
    }
    eviction.run();
  }

  private record Again(Runnable eviction) implements TransactionSynchronization {
    @Override
    public void afterCompletion(int status) {
      if (status == STATUS_ROLLED_BACK) {
        return;
      }
      try {
        eviction.run();
      } catch (RuntimeException e) {
        // the transaction is over: nobody could undo it, and its caller must not take it for failed
        log.atError()
            .addKeyValue("failure", reason(e))
            .log("what a committed transaction has changed could not be evicted");
      }
    }

    private static @Nullable String reason(RuntimeException e) {
      return e.getMessage();
    }
  }
}
