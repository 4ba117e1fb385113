package dev.cachetide.internal;

import dev.cachetide.FieldChange;
import dev.cachetide.Timed;
import dev.cachetide.internal.StatsCounter.Count;
import dev.cachetide.internal.coherence.Trust;
import dev.cachetide.internal.fenced.Entry;
import dev.cachetide.internal.fenced.Origin;
import dev.cachetide.internal.fenced.Store;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Values that the application brings along: put, write-through, a field changed in place.
 *
 * <p>Write-through takes the key's lease by force before the database is written. What is stored
 * afterwards must find that lease untouched: an event that evicted meanwhile, or another writer,
 * took it away, and then the key is evicted, for nobody can tell whose value is the later one.
 */
final class Writes<K, V> {

  private final Ground ground;
  private final Store store;
  private final Reads<V> reads;
  private final Fills<V> fills;
  private final Payloads<V> payloads;
  private final Functions<K, V> functions;
  private final Evictions<K, V> evictions;
  private final Duration leaseLife;

  Writes(
      Ground ground,
      Store store,
      Reads<V> reads,
      Fills<V> fills,
      Payloads<V> payloads,
      Functions<K, V> functions,
      Evictions<K, V> evictions,
      Duration leaseLife) {
    this.ground = ground;
    this.store = store;
    this.reads = reads;
    this.fills = fills;
    this.payloads = payloads;
    this.functions = functions;
    this.evictions = evictions;
    this.leaseLife = leaseLife;
  }

  /** Stores values whatever is cached; what cannot be stored is evicted. */
  CompletableFuture<Void> put(Map<K, Timed<V>> values) {
    List<Put<V>> puts = new ArrayList<>();
    Set<String> tags = new HashSet<>();
    values.forEach(
        (key, timed) -> {
          puts.add(new Put<>(functions.keyOf().apply(key), timed, tags(key, timed.value())));
          tags.addAll(tags(key, timed.value()));
        });
    List<String> bases = puts.stream().map(Put::base).toList();
    Trust trust = ground.coherence().trust();
    if (bases.isEmpty() || trust == null) {
      return evictions.evict(bases).thenApply(confirmed -> (Void) null).toCompletableFuture();
    }
    return ground
        .guard()
        .send(() -> ground.tags().read(tags))
        .thenCombine(
            reads.places(bases),
            (stamps, places) -> {
              List<CompletableFuture<?>> stored = new ArrayList<>();
              for (int i = 0; i < puts.size(); i++) {
                stored.add(put(places.get(i), puts.get(i), trust, stamps));
              }
              return CompletableFuture.allOf(stored.toArray(CompletableFuture<?>[]::new));
            })
        .thenCompose(stored -> stored)
        .handle(
            (done, failure) -> {
              evictions.changed(bases);
              return (Void) null;
            })
        .thenCompose(done -> functions.aliases().put(values))
        .toCompletableFuture();
  }

  private CompletableFuture<?> put(String at, Put<V> put, Trust trust, Map<String, String> stamps) {
    Map<String, String> own = new HashMap<>(stamps);
    own.keySet().retainAll(put.tags());
    Fills.Fill fill = fills.of(put.timed().value(), trust.generation(), own, put.timed().ttl());
    if (fill == null) {
      return ground.guard().send(() -> store.evict(List.of(at))).toCompletableFuture();
    }
    return ground
        .guard()
        .send(() -> store.put(at, fill.content(), fill.life()))
        .thenAccept(done -> ground.stats().add(Count.SET))
        // what was there would be older than what the caller brought
        .exceptionallyCompose(
            failure ->
                ground.guard().send(() -> store.evict(List.of(at))).thenAccept(removed -> {}))
        .toCompletableFuture();
  }

  /** A life for a value that is put without one of its own. */
  Duration ttl() {
    return fills.ttl();
  }

  private Set<String> tags(K key, V value) {
    Set<String> tags = new HashSet<>(functions.keyTags().apply(key));
    tags.addAll(functions.valueTags().apply(value));
    return tags;
  }

  /** Writes through; the value that the write returned, null for a deletion, is what is stored. */
  <T extends @Nullable Object> T through(K key, Callable<T> write, Stored<T, V> stored)
      throws Exception {
    String base = functions.keyOf().apply(key);
    Forced forced = force(base, functions.keyTags().apply(key));
    T result;
    try {
      result = write.call();
    } catch (Throwable e) {
      // it may have been committed all the same
      evictions.evictNow(List.of(base));
      throw e;
    }
    if (forced != null && fill(key, forced, stored.of(result))) {
      evictions.changed(List.of(base));
    } else {
      evictions.evictNow(List.of(base));
    }
    return result;
  }

  /** Null when nothing may be stored afterwards. */
  private @Nullable Forced force(String base, Set<String> keyTags) {
    Trust trust = ground.coherence().trust();
    String at = reads.placeNow(base);
    if (trust == null || at == null) {
      return null;
    }
    Map<String, String> stamps = ground.guard().ask(() -> ground.tags().read(keyTags)).value();
    byte[] token = store.newToken();
    boolean mine = ground.guard().ask(() -> store.force(at, token, leaseLife)).isTrue();
    return mine && stamps != null ? new Forced(at, token, trust.generation(), stamps, now()) : null;
  }

  private boolean fill(K key, Forced forced, @Nullable V value) {
    Set<String> tags = value == null ? functions.keyTags().apply(key) : tags(key, value);
    Map<String, String> stamps = new HashMap<>(forced.stamps());
    stamps.putAll(ground.tags().seenBefore(tags, forced.since()));
    if (!stamps.keySet().containsAll(tags)) {
      // their stamps would have had to be read before the write; the next one finds them known
      ground.guard().ask(() -> ground.tags().read(tags));
      return false;
    }
    stamps.keySet().retainAll(tags);
    Fills.Fill fill = fills.of(value, forced.generation(), stamps);
    return fill != null && fill(forced.at(), forced.token(), fill);
  }

  private boolean fill(String at, byte[] token, Fills.Fill fill) {
    var answer =
        ground
            .guard()
            .ask(() -> store.fill(at, token, fill.content(), Origin.load(0), fill.life()));
    if (answer.answered()) {
      ground.stats().add(answer.isTrue() ? Count.SET : Count.REJECTED_FILL);
    }
    return answer.isTrue();
  }

  /** Whether the field was changed in place; otherwise the key was evicted. */
  boolean updateField(K key, FieldChange change, Callable<?> write) throws Exception {
    String base = functions.keyOf().apply(key);
    Trust trust = ground.coherence().trust();
    String at = reads.placeNow(base);
    byte[] token = store.newToken();
    byte[] marked =
        at == null ? null : ground.guard().ask(() -> store.mark(at, token, leaseLife)).value();
    try {
      write.call();
    } catch (Throwable e) {
      evictions.evictNow(List.of(base));
      throw e;
    }
    Fills.Fill changed = trust == null ? null : changed(marked, change, trust.generation());
    boolean kept = at != null && changed != null && fill(at, token, changed);
    if (kept) {
      evictions.changed(List.of(base));
    } else {
      evictions.evictNow(List.of(base));
    }
    return kept;
  }

  private Fills.@Nullable Fill changed(
      byte @Nullable [] marked, FieldChange change, int generation) {
    if (!(store.parse(marked) instanceof Entry.Value value)
        || value.header().negative()
        || value.header().generation() != generation
        || value.body().schema() != payloads.schema()) {
      return null;
    }
    try {
      byte[] encoded = payloads.unpacked(value.bytes(), value.header(), value.body());
      byte[] changed = JsonFields.change(encoded, change);
      return changed == null
          ? null
          : fills.replacing(changed, generation, value.body().tags(), value.header().expiresAt());
    } catch (IOException e) {
      // no JSON, or damaged: the caller evicts
      return null;
    }
  }

  private long now() {
    return ground.nanoTime().getAsLong();
  }

  private record Put<V>(String base, Timed<V> timed, Set<String> tags) {}

  /** A lease that was taken by force, and the stamps from before the write. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Forced(
      String at, byte[] token, int generation, Map<String, String> stamps, long since) {}

  /** What is stored of what a write returned. */
  interface Stored<T extends @Nullable Object, V> {
    @Nullable V of(T result);
  }
}
