package dev.cachetide.internal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.cachetide.internal.redis.RedisLink;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The random stamps that stand for tags and versions in Redis. Evicting a tag removes its stamp;
 * whoever finds none makes another, so that no old one comes back.
 *
 * <p>A stamp that is stored with a value must have been read before the value's load began: then an
 * eviction of the tag that came after it makes the entry a miss. An older one than necessary is
 * safe, it only costs a load; so the ones seen last are remembered.
 */
public final class Stamps {

  private static final Duration LIFE = Duration.ofDays(30);
  private static final int REMEMBERED = 10_000;
  private static final int BYTES = 8;

  private final RedisLink redis;
  private final UnaryOperator<String> keyOf;
  private final LongSupplier nanoTime;
  private final SecureRandom random;
  private final Cache<String, Seen> seen = Caffeine.newBuilder().maximumSize(REMEMBERED).build();

  /**
   * Stamps of one kind.
   *
   * @param keyOf where in Redis a name's stamp is
   */
  public Stamps(
      RedisLink redis, UnaryOperator<String> keyOf, LongSupplier nanoTime, SecureRandom random) {
    this.redis = redis;
    this.keyOf = keyOf;
    this.nanoTime = nanoTime;
    this.random = random;
  }

  /** Where in Redis a name's stamp is. */
  String key(String name) {
    return keyOf.apply(name);
  }

  /** The stamps as they are now, made where there is none; by name. */
  CompletionStage<Map<String, String>> read(Collection<String> names) {
    if (names.isEmpty()) {
      return CompletableFuture.completedFuture(Map.of());
    }
    List<String> order = List.copyOf(names);
    return redis
        .getAll(order.stream().map(keyOf).toList())
        .thenCompose(found -> completed(order, found));
  }

  private CompletionStage<Map<String, String>> completed(
      List<String> names, List<byte @Nullable []> found) {
    List<CompletableFuture<String>> stamps = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      stamps.add(orMade(names.get(i), found.get(i)).toCompletableFuture());
    }
    return CompletableFuture.allOf(stamps.toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done -> {
              Map<String, String> byName = new HashMap<>();
              for (int i = 0; i < names.size(); i++) {
                String stamp = stamps.get(i).join();
                byName.put(names.get(i), stamp);
                remember(names.get(i), stamp);
              }
              return byName;
            });
  }

  /** The stamp that was found, or a new one if nobody else makes one at the same time. */
  CompletionStage<String> orMade(String name, byte @Nullable [] found) {
    if (found != null) {
      return CompletableFuture.completedFuture(text(found));
    }
    String fresh = fresh();
    return redis
        .setIfAbsent(keyOf.apply(name), fresh.getBytes(US_ASCII), LIFE)
        .thenApply(other -> other == null ? fresh : text(other));
  }

  /** Those seen last, as far as they are remembered and were seen before a moment. */
  Map<String, String> seenBefore(Collection<String> names, long nanos) {
    Map<String, String> known = new HashMap<>();
    for (String name : names) {
      Seen last = seen.getIfPresent(name);
      if (last != null && last.nanos() - nanos < 0) {
        known.put(name, last.stamp());
      }
    }
    return known;
  }

  private void remember(String name, String stamp) {
    Seen last = seen.getIfPresent(name);
    if (last == null || !last.stamp().equals(stamp)) {
      seen.put(name, new Seen(stamp, nanoTime.getAsLong()));
    }
  }

  /** Always 16 characters, so that whatever stands there fits an entry. */
  private static String text(byte[] stamp) {
    String text = new String(stamp, US_ASCII);
    return text.length() == 2 * BYTES
        ? text
        : (text + "0".repeat(2 * BYTES)).substring(0, 2 * BYTES);
  }

  private String fresh() {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private record Seen(String stamp, long nanos) {}
}
