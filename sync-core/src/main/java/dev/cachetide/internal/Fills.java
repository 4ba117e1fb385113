package dev.cachetide.internal;

import dev.cachetide.CacheConfig;
import dev.cachetide.internal.StatsCounter.Count;
import dev.cachetide.internal.fenced.Content;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes what is stored of a value: encoded, within the limit, with its times. */
final class Fills<V> {

  private static final Logger log = LoggerFactory.getLogger(Fills.class);

  private final CacheConfig config;
  private final Payloads<V> payloads;
  private final StatsCounter stats;
  private final InstantSource clock;
  private final RandomGenerator random;

  Fills(
      CacheConfig config,
      Payloads<V> payloads,
      StatsCounter stats,
      InstantSource clock,
      RandomGenerator random) {
    this.config = config;
    this.payloads = payloads;
    this.stats = stats;
    this.clock = clock;
    this.random = random;
  }

  /** What is stored of a loaded value; null when it is not to be stored. */
  @Nullable Fill of(@Nullable V value, int generation, Map<String, String> tags) {
    return value == null
        ? absent(generation, tags, jittered(config.expiry().negative()))
        : of(value, generation, tags, ttl());
  }

  /** What is stored of a value for a time; null when it is not to be stored. */
  @Nullable Fill of(V value, int generation, Map<String, String> tags, Duration ttl) {
    try {
      Payloads.Payload payload = payloads.encode(value);
      if (payload == null) {
        stats.add(Count.OVERSIZE);
        return null;
      }
      return fill(payload, generation, tags, ttl);
    } catch (IOException | RuntimeException e) {
      // an application's codec may throw anything; the value is good, it only cannot be cached
      log.atWarn()
          .addKeyValue("cache", config.name())
          .addKeyValue("failure", e.getClass().getSimpleName())
          .log("a value cannot be encoded and is not cached");
      stats.add(Count.ERROR);
      return null;
    }
  }

  /** What is stored of encoded bytes that replace others, with the same life. */
  @Nullable Fill replacing(
      byte[] encoded, int generation, Map<String, String> tags, long expiresAt) {
    Payloads.Payload payload = payloads.packed(encoded);
    Duration left = Duration.ofMillis(expiresAt - clock.millis());
    return payload == null || left.isNegative() || left.isZero()
        ? null
        : fill(payload, generation, tags, left);
  }

  /** The knowledge that there is no such row; null when absence is not remembered. */
  @Nullable Fill absent(int generation, Map<String, String> tags, Duration ttl) {
    return ttl.isZero() || config.plain() ? null : fill(null, generation, tags, ttl);
  }

  private Fill fill(
      Payloads.@Nullable Payload payload, int generation, Map<String, String> tags, Duration ttl) {
    long now = clock.millis();
    Content content =
        new Content(
            payload == null ? null : payload.bytes(),
            payload != null && payload.compressed(),
            payloads.schema(),
            generation,
            now,
            now + Math.max(1, ttl.toMillis()),
            tags);
    return new Fill(content, payload == null ? ttl : ttl.plus(config.expiry().grace()));
  }

  /** A life for a value that is stored without one of its own. */
  Duration ttl() {
    return jittered(config.expiry().ttl());
  }

  private Duration jittered(Duration ttl) {
    return Duration.ofMillis(
        (long) (ttl.toMillis() * (1 - config.expiry().jitter() * random.nextDouble())));
  }

  /**
   * What is stored.
   *
   * @param life how long Redis keeps it: the TTL and the grace
   */
  record Fill(Content content, Duration life) {}
}
