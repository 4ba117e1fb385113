package dev.cachetide.internal;

import dev.cachetide.internal.fenced.Content;
import dev.cachetide.internal.near.NearCache;
import dev.cachetide.wire.Invalidation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** L1 for the read path: what it holds, with the key that it was asked for. */
final class NearLevel<K, V> implements Near<K, V> {

  private static final byte[] NOT_RENEWED = {};

  private final NearCache<Keyed<K, V>> held;

  NearLevel(NearCache<Keyed<K, V>> held) {
    this.held = held;
  }

  @Override
  public Found.@Nullable Hit<V> get(String base) {
    NearCache.Held<Keyed<K, V>> entry = held.get(base);
    if (entry == null || entry.value() == null) {
      return null;
    }
    byte[] stamp = entry.stamp();
    return new Found.Hit<>(
        entry.value().value(),
        entry.tags(),
        entry.filledAtMillis(),
        entry.expiresAtMillis(),
        entry.loadMicros(),
        stamp.length == 0 ? null : stamp);
  }

  @Override
  public Ticket ticket(String base) {
    return new Taken(held.ticket(base));
  }

  @Override
  public void put(K key, String base, Ticket ticket, Found.Hit<V> hit) {
    byte[] stamp = hit.stamp();
    put(
        base,
        ticket,
        new NearCache.Held<>(
            new Keyed<>(key, hit.value()),
            hit.tags(),
            hit.filledAt(),
            hit.expiresAt(),
            hit.loadMicros(),
            stamp == null ? NOT_RENEWED : stamp));
  }

  @Override
  public void filled(
      K key, String base, Ticket ticket, @Nullable V value, Content content, byte[] stamp) {
    put(
        base,
        ticket,
        new NearCache.Held<>(
            new Keyed<>(key, value),
            content.tags(),
            content.filledAt(),
            content.expiresAt(),
            0,
            stamp));
  }

  private void put(String base, Ticket ticket, NearCache.Held<Keyed<K, V>> entry) {
    if (ticket instanceof Taken taken) {
      held.put(base, taken.at(), entry);
    }
  }

  @Override
  public void drop(String base) {
    held.invalidate(new Invalidation.Key(base));
  }

  @Override
  public List<K> hottest(int count) {
    List<K> keys = new ArrayList<>();
    for (String base : held.hottest(count)) {
      NearCache.Held<Keyed<K, V>> entry = held.get(base);
      if (entry != null && entry.value() != null) {
        keys.add(entry.value().key());
      }
    }
    return keys;
  }

  /** A value with its key; a null value is known absence. */
  record Keyed<K, V>(K key, @Nullable V value) {}

  private record Taken(dev.cachetide.internal.near.Ticket at) implements Ticket {}
}
