package dev.cachetide.spring;

import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an application should know of how it uses a cache, each said once. */
final class Notes {

  private static final Logger log = LoggerFactory.getLogger(CachetideCacheManager.class);

  private final String cache;
  private final AtomicBoolean transaction = new AtomicBoolean();
  private final AtomicBoolean put = new AtomicBoolean();

  Notes(String cache) {
    this.cache = cache;
  }

  /** A value was loaded where it may not be stored. */
  void loadedInTransaction() {
    if (transaction.compareAndSet(false, true)) {
      log.atInfo()
          .addKeyValue("cache", cache)
          .addKeyValue("fix", "@Transactional(readOnly = true), or a read outside of it")
          .log("what a transaction that may have written loads is not stored");
    }
  }

  /** A put without a read evicted. */
  void putEvicts() {
    if (put.compareAndSet(false, true)) {
      log.atInfo()
          .addKeyValue("cache", cache)
          .addKeyValue("fix", "cachetide.caches." + cache + ".put=store, if values are not rows")
          .log("a put that no read of the same call came before evicts");
    }
  }
}
