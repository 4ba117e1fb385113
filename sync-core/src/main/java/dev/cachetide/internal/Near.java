package dev.cachetide.internal;

import dev.cachetide.internal.fenced.Content;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** L1 as the read path sees it; {@link #none} where a cache has none. Safe for concurrent use. */
interface Near<K, V> {

  /** What L1 holds; null when it holds nothing, or must not be believed. */
  Found.@Nullable Hit<V> get(String base);

  /** Taken before a read of Redis begins; what it brings is kept only if nothing left since. */
  Ticket ticket(String base);

  /** Keeps what Redis answered. */
  void put(K key, String base, Ticket ticket, Found.Hit<V> hit);

  /** Keeps what was loaded and stored. */
  void filled(K key, String base, Ticket ticket, @Nullable V value, Content content, byte[] stamp);

  /** Drops a key. */
  void drop(String base);

  /** The keys most in use, hottest first. */
  List<K> hottest(int count);

  /** A moment, for one key. */
  interface Ticket {}

  /** Holds nothing. */
  static <K, V> Near<K, V> none() {
    Ticket ticket = new Ticket() {};
    return new Near<>() {
      @Override
      public Found.@Nullable Hit<V> get(String base) {
        return null;
      }

      @Override
      public Ticket ticket(String base) {
        return ticket;
      }

      @Override
      public void put(K key, String base, Ticket taken, Found.Hit<V> hit) {}

      @Override
      public void filled(
          K key, String base, Ticket taken, @Nullable V value, Content content, byte[] stamp) {}

      @Override
      public void drop(String base) {}

      @Override
      public List<K> hottest(int count) {
        return List.of();
      }
    };
  }
}
