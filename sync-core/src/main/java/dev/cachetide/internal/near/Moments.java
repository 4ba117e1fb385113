package dev.cachetide.internal.near;

import java.util.Collection;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The moments of invalidations, counted from 1: which was the newest of everything, of any pattern,
 * of a key's stripe, of a tag's stripe.
 *
 * <p>A moment is taken from the counter before it is written where it belongs. What was read under
 * a ticket with that moment or a later one began after the invalidation did, so it reflects it;
 * what has an earlier one may not. Keys or tags that share a stripe with another one count as
 * invalidated with it, which is safe: there are enough stripes to make it rare. Safe for concurrent
 * use, without locks.
 */
final class Moments {

  private static final int KEY_STRIPES = 1 << 10;
  private static final int TAG_STRIPES = 1 << 14;

  private final AtomicLong counter = new AtomicLong();
  private final AtomicLong everything = new AtomicLong();
  private final AtomicLong patterns = new AtomicLong();
  private final AtomicLongArray keys = new AtomicLongArray(KEY_STRIPES);
  private final AtomicLongArray tags = new AtomicLongArray(TAG_STRIPES);

  long now() {
    return counter.get();
  }

  void everything() {
    everything.accumulateAndGet(counter.incrementAndGet(), Math::max);
  }

  void pattern() {
    patterns.accumulateAndGet(counter.incrementAndGet(), Math::max);
  }

  void key(String key) {
    keys.accumulateAndGet(stripe(key, KEY_STRIPES), counter.incrementAndGet(), Math::max);
  }

  void tag(String tag) {
    tags.accumulateAndGet(stripe(tag, TAG_STRIPES), counter.incrementAndGet(), Math::max);
  }

  /** Whether something read at a moment still holds, but for invalidations of keys. */
  boolean holds(long moment, Collection<String> itsTags) {
    if (everything.get() > moment) {
      return false;
    }
    for (String tag : itsTags) {
      if (tags.get(stripe(tag, TAG_STRIPES)) > moment) {
        return false;
      }
    }
    return true;
  }

  /** Whether nothing at all that could touch a key was invalidated after a moment. */
  boolean untouched(String key, long moment, Collection<String> itsTags) {
    return keys.get(stripe(key, KEY_STRIPES)) <= moment
        && patterns.get() <= moment
        && holds(moment, itsTags);
  }

  private static int stripe(String name, int stripes) {
    int hash = name.hashCode() * 0x9E3779B9;
    return (hash >>> 16) & (stripes - 1);
  }
}
