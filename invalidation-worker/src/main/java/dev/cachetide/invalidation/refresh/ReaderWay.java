package dev.cachetide.invalidation.refresh;

import dev.cachetide.internal.fenced.Content;
import dev.cachetide.internal.fenced.FencedStore;
import dev.cachetide.internal.fenced.Origin;
import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.invalidation.refresh.Refreshes.Load;
import dev.cachetide.invalidation.refresh.RowSource.Loaded;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fenced entries from the database, made as a reader makes them: evict, take the lease, load in a
 * snapshot that is taken after it, fill if the lease still stands.
 *
 * <p><b>Why it never leaves anything stale.</b> The key is evicted before anything else is asked
 * for, so whatever fails afterwards leaves it absent. What is filled was loaded after the lease,
 * and whoever evicts the key in between takes the lease away. When Postgres does not answer,
 * nothing is loaded, and for a while nothing is tried: the evictions of the batch are done, its
 * keys are absent, and a batch that waited for Postgres would hold up the evictions behind it,
 * which need none.
 */
final class ReaderWay implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ReaderWay.class);

  /** Keys of one statement. */
  static final int BATCH = 500;

  /** Longer than a load may take. */
  private static final Duration LEASE = Duration.ofSeconds(10);

  private static final long HOLD_OFF_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final FencedStore fenced;
  private final RowSource rows;
  private final Life life;
  private final Replies replies;
  private final Refresher.Meters meters;
  private final LongSupplier nanoTime;
  private boolean away;
  private long tryAgainNanos;

  ReaderWay(
      FencedStore fenced,
      RowSource rows,
      Life life,
      Duration timeout,
      Refresher.Meters meters,
      LongSupplier nanoTime) {
    this.fenced = fenced;
    this.rows = rows;
    this.life = life;
    this.replies = new Replies(timeout);
    this.meters = meters;
    this.nanoTime = nanoTime;
  }

  /**
   * Evicts keys and loads them again: all of them with {@code create}, else those that were there.
   *
   * @param generation empty when it is not known, and then they are only evicted
   */
  void load(Refresh refresh, Map<String, Load> loads, OptionalLong generation)
      throws ExecutionException, TimeoutException, InterruptedException {
    List<String> keys = new ArrayList<>(loads.keySet());
    for (int from = 0; from < keys.size(); from += BATCH) {
      List<String> some = keys.subList(from, Math.min(keys.size(), from + BATCH));
      List<String> wanted = evict(some, loads, refresh.settings().create());
      if (generation.isPresent() && !holdsOff()) {
        Map<String, Map<String, @Nullable String>> found = new LinkedHashMap<>();
        for (String key : wanted) {
          found.put(key, Objects.requireNonNull(loads.get(key)).row());
        }
        fill(refresh, found, (int) generation.getAsLong());
      } else {
        wanted.forEach(key -> meters.refreshed("create", "skipped", true));
      }
    }
  }

  /** A dirty entry that is spared counts as absent, and then the lease is not to be had. */
  private List<String> evict(List<String> keys, Map<String, Load> loads, boolean all)
      throws ExecutionException, TimeoutException, InterruptedException {
    List<CompletionStage<Long>> sent =
        keys.stream()
            .map(key -> fenced.evict(key, Objects.requireNonNull(loads.get(key)).spared()))
            .toList();
    List<Long> answers = replies.await(sent);
    List<String> wanted = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      if (all || answers.get(i) > 0) {
        wanted.add(keys.get(i));
      }
    }
    return wanted;
  }

  private boolean holdsOff() {
    return away && nanoTime.getAsLong() - tryAgainNanos < 0;
  }

  /**
   * Loads keys that are absent, unless somebody else has the lease.
   *
   * @param found the rows' columns by key
   * @return how many were filled
   */
  int fill(Refresh refresh, Map<String, Map<String, @Nullable String>> found, int generation)
      throws ExecutionException, TimeoutException, InterruptedException {
    Map<String, byte[]> leases = lease(found.keySet());
    if (leases.isEmpty()) {
      return 0;
    }
    long began = nanoTime.getAsLong();
    Map<String, CompletionStage<Boolean>> fills = new HashMap<>();
    try {
      Loaded loaded = rows.load(refresh, leases.keySet().stream().map(found::get).toList());
      answered();
      long micros = TimeUnit.NANOSECONDS.toMicros(nanoTime.getAsLong() - began);
      Origin origin = Origin.load(micros, loaded.xmin(), loaded.xmax());
      for (var each : singles(refresh, loaded).entrySet()) {
        // Else a row whose key has changed since.
        byte[] token = leases.get(each.getKey());
        if (token != null) {
          send(refresh, loaded, each, token, fills, origin, generation);
        }
      }
    } catch (SQLException e) {
      unanswered(refresh, e);
    }
    leases.keySet().removeAll(fills.keySet());
    return finish(fills, leases.keySet());
  }

  private Map<String, byte[]> lease(Iterable<String> keys)
      throws ExecutionException, TimeoutException, InterruptedException {
    Map<String, byte[]> tokens = new LinkedHashMap<>();
    List<CompletionStage<byte @Nullable []>> sent = new ArrayList<>();
    for (String key : keys) {
      byte[] token = fenced.newToken();
      tokens.put(key, token);
      sent.add(fenced.lease(key, token, LEASE));
    }
    List<byte @Nullable []> answers = replies.await(sent);
    int at = 0;
    for (String key : List.copyOf(tokens.keySet())) {
      if (answers.get(at++) != null) {
        // A reader is quicker, which is as good.
        tokens.remove(key);
        meters.refreshed("create", "elsewhere", true);
      }
    }
    return tokens;
  }

  /** By key; of two rows of one key none can be the value. */
  private static Map<String, Map<String, @Nullable String>> singles(
      Refresh refresh, Loaded loaded) {
    Map<String, Map<String, @Nullable String>> single = new LinkedHashMap<>();
    Set<String> several = new HashSet<>();
    for (Map<String, @Nullable String> row : loaded.rows()) {
      String key = refresh.render(row);
      if (single.put(key, row) != null) {
        several.add(key);
      }
    }
    single.keySet().removeAll(several);
    return single;
  }

  /**
   * A row that cannot be rendered is not sent: its lease is given back, so its key stays absent.
   */
  private void send(
      Refresh refresh,
      Loaded loaded,
      Map.Entry<String, Map<String, @Nullable String>> each,
      byte[] token,
      Map<String, CompletionStage<Boolean>> fills,
      Origin origin,
      int generation) {
    Duration ttl = life.of(refresh.settings(), each.getValue());
    if (ttl == null) {
      return;
    }
    try {
      Content content = content(loaded.shape(), each.getValue(), ttl, generation);
      fills.put(each.getKey(), fenced.fill(each.getKey(), token, content, origin, ttl));
    } catch (UnrenderableException e) {
      log.atDebug().addKeyValue("refresh", refresh.path()).setCause(e).log("a row was not cached");
    }
  }

  private Content content(
      ValueShape shape, Map<String, @Nullable String> row, Duration ttl, int generation)
      throws UnrenderableException {
    long now = life.now().toEpochMilli();
    return new Content(
        shape.render(row).bytes(),
        false,
        shape.schema(),
        generation,
        now,
        now + ttl.toMillis(),
        Map.of());
  }

  /**
   * Evicting is how a lease is given back: whatever stands there by now, absent is right. But a
   * write that is shown by now stays until its own echo.
   */
  private int finish(Map<String, CompletionStage<Boolean>> fills, Iterable<String> unfilled)
      throws ExecutionException, TimeoutException, InterruptedException {
    List<CompletionStage<Long>> back = new ArrayList<>();
    for (String key : unfilled) {
      back.add(fenced.evict(key, Spared.PENDING));
      meters.refreshed("create", "absent", true);
    }
    int filled = 0;
    for (Boolean stored : replies.await(fills.values())) {
      filled += stored ? 1 : 0;
      meters.refreshed("create", stored ? "created" : "refused", true);
    }
    replies.await(back);
    return filled;
  }

  private void answered() {
    if (away) {
      log.atInfo().log("entries are created from Postgres again");
    }
    away = false;
  }

  private void unanswered(Refresh refresh, SQLException e) {
    if (!away) {
      log.atWarn()
          .addKeyValue("refresh", refresh.path())
          .setCause(e)
          .log("entries are not created: Postgres does not answer, or refuses");
    }
    away = true;
    tryAgainNanos = nanoTime.getAsLong() + HOLD_OFF_NANOS;
  }

  @Override
  public void close() {
    rows.close();
  }
}
