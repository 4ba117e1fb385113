package dev.cachetide.internal;

import dev.cachetide.internal.coherence.Trust;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a look at a cache key came to. */
sealed interface Found<V> {

  /**
   * A value, or the knowledge that there is none.
   *
   * @param value null for known absence
   * @param tags stamps by name
   * @param stamp what renewal claims it by; null for a dirty value, which is not renewed
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Hit<V>(
      @Nullable V value,
      Map<String, String> tags,
      long filledAt,
      long expiresAt,
      long loadMicros,
      byte @Nullable [] stamp)
      implements Found<V> {}

  /** A value beyond its TTL and within the grace. */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Expired<V>(V value, byte[] stamp) implements Found<V> {}

  /** Somebody is loading. */
  record Busy<V>() implements Found<V> {}

  /** Nothing is there. */
  record Empty<V>() implements Found<V> {}

  /** Something is there that nobody may use. */
  record Useless<V>() implements Found<V> {}

  /** Redis did not answer, or may not be believed. */
  record Bypass<V>() implements Found<V> {}

  /**
   * A look.
   *
   * @param at the key in Redis that was looked at
   * @param trust under which it was; null for {@link Bypass} only
   */
  record Look<V>(String at, @Nullable Trust trust, Found<V> found) {

    static <V> Look<V> bypass(String at) {
      return new Look<>(at, null, new Bypass<>());
    }
  }
}
