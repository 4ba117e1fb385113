package dev.cachetide.invalidation.refresh;

import dev.cachetide.internal.fenced.FencedStore;
import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.runtime.settings.RefreshSettings.Mode;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts a table's rows under their keys while changes go on: of a refresh with {@code create}, or a
 * mirrored one. Pages in the order of the table's key.
 *
 * <p><b>Fenced</b> keys are loaded as a reader does; what is there already stays.
 *
 * <p><b>Mirrored</b> rows have no position when they come from a query: a snapshot is no place in
 * the WAL, since a change can be in the log long before it is visible. So a row is not given one.
 * Before a page is loaded, each of its keys gets a lease beside it; then the rows are loaded, in a
 * snapshot taken after; then each is put only if its lease still stands, and the key's position
 * stays what it was. Every change that is applied takes the lease away, and so does removing by
 * pattern, before the values go. Take any change of the row:
 *
 * <ul>
 *   <li>applied before the lease: it was visible before it was applied, so the loaded row has it;
 *   <li>applied between lease and fill: the fill is refused;
 *   <li>applied after the fill: its position is greater than the one that is kept, because that is
 *       of a change applied before the lease, and changes of a row are applied in their order; so
 *       it takes effect, even where the loaded row has it already. Then the key goes through values
 *       that are older than the loaded one, but the changes between are all still to come and end
 *       at the newest.
 * </ul>
 *
 * <p>A row that is deleted meanwhile is one of these changes. For one thread.
 */
public final class Warmer implements AutoCloseable {

  private static final Duration LEASE = Duration.ofSeconds(30);

  private final RedisLink redis;
  private final FencedStore fenced;
  private final MirrorStore mirror;
  private final RowSource rows;
  private final ReaderWay reader;
  private final Life life;
  private final Supplier<OptionalLong> generation;
  private final Replies replies;

  Warmer(
      RedisLink redis,
      FencedStore fenced,
      MirrorStore mirror,
      RowSource rows,
      ReaderWay reader,
      Life life,
      Supplier<OptionalLong> generation,
      Duration timeout) {
    this.redis = redis;
    this.fenced = fenced;
    this.mirror = mirror;
    this.rows = rows;
    this.reader = reader;
    this.life = life;
    this.generation = generation;
    this.replies = new Replies(timeout);
  }

  /**
   * Warms every row of the table.
   *
   * @param pageRows rows of one statement
   * @param rowsPerSecond at most; 0 for as many as there are
   * @param progress told of the rows read so far after each page
   * @return what it came to
   * @throws SQLException when Postgres fails
   * @throws IllegalArgumentException when the refresh neither creates nor mirrors
   * @throws IllegalStateException when the generation is not known
   */
  public Counts warm(Refresh refresh, int pageRows, int rowsPerSecond, LongConsumer progress)
      throws SQLException, ExecutionException, TimeoutException, InterruptedException {
    if (refresh.mode() != Mode.MIRROR && !refresh.settings().create()) {
      throw new IllegalArgumentException(refresh.path() + " neither creates nor mirrors");
    }
    long began = System.nanoTime();
    Map<String, @Nullable String> last = null;
    long read = 0;
    long put = 0;
    List<Map<String, @Nullable String>> page;
    do {
      page = rows.page(refresh, last, pageRows);
      if (!page.isEmpty()) {
        put += refresh.mode() == Mode.MIRROR ? mirrored(refresh, page) : created(refresh, page);
        read += page.size();
        last = page.get(page.size() - 1);
        progress.accept(read);
        hold(began, read, rowsPerSecond);
      }
    } while (page.size() == pageRows);
    return new Counts(read, put);
  }

  private int created(Refresh refresh, List<Map<String, @Nullable String>> page)
      throws ExecutionException, TimeoutException, InterruptedException {
    int known =
        (int)
            generation
                .get()
                .orElseThrow(() -> new IllegalStateException("the generation is not known"));
    return reader.fill(refresh, byKey(refresh, page), known);
  }

  private int mirrored(Refresh refresh, List<Map<String, @Nullable String>> page)
      throws SQLException, ExecutionException, TimeoutException, InterruptedException {
    Map<String, byte[]> leases = new HashMap<>();
    Map<String, Map<String, @Nullable String>> found = byKey(refresh, page);
    found.keySet().forEach(key -> leases.put(key, fenced.newToken()));
    replies.await(
        leases.entrySet().stream()
            .map(each -> mirror.lease(each.getKey(), each.getValue(), LEASE))
            .toList());
    RowSource.Loaded loaded = rows.load(refresh, List.copyOf(found.values()));
    Map<String, CompletionStage<Long>> fills = new LinkedHashMap<>();
    for (Map<String, @Nullable String> row : loaded.rows()) {
      String key = refresh.render(row);
      byte[] token = leases.get(key);
      Duration ttl = life.of(refresh.settings(), row);
      if (token != null && ttl != null && !fills.containsKey(key)) {
        render(loaded.shape(), row)
            .ifPresent(value -> fills.put(key, mirror.fill(key, token, value, ttl)));
      }
    }
    return (int) replies.await(fills.values()).stream().filter(answer -> answer == 1).count();
  }

  /** Empty for a row that has no form in the cache: its key is left as it is. */
  private static Optional<Value> render(ValueShape shape, Map<String, @Nullable String> row) {
    try {
      return Optional.of(shape.render(row));
    } catch (UnrenderableException e) {
      // The next change of the row says so in the dead letters.
      return Optional.empty();
    }
  }

  private static Map<String, Map<String, @Nullable String>> byKey(
      Refresh refresh, List<Map<String, @Nullable String>> page) {
    Map<String, Map<String, @Nullable String>> found = new LinkedHashMap<>();
    page.forEach(row -> found.put(refresh.render(row), row));
    return found;
  }

  private void hold(long began, long read, int rowsPerSecond) throws InterruptedException {
    long due =
        rowsPerSecond == 0 ? began : began + TimeUnit.SECONDS.toNanos(1) / rowsPerSecond * read;
    for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
      if (Thread.interrupted()) {
        throw new InterruptedException("stopped while warming");
      }
    }
  }

  @Override
  public void close() {
    rows.close();
    redis.close();
  }

  /**
   * What warming came to.
   *
   * @param read rows of the table
   * @param put of them, those that were put; the others were there, have changed meanwhile, or have
   *     no form in the cache
   */
  public record Counts(long read, long put) {}
}
