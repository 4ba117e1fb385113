package dev.cachetide.internal;

import dev.cachetide.BulkLoader;
import dev.cachetide.CacheConfig;
import dev.cachetide.LoadFailedException;
import dev.cachetide.internal.Found.Look;
import dev.cachetide.internal.StatsCounter.Count;
import dev.cachetide.internal.coherence.Trust;
import dev.cachetide.internal.fenced.Origin;
import dev.cachetide.internal.fenced.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Many keys at once: one pipelined read, one pipelined request for the leases of what is missing,
 * one bulk load, one pipelined store. What somebody else is loading is loaded too, but not stored.
 * A value beyond its TTL is claimed where it stands, so that a load that fails leaves it to the
 * readers of single keys.
 *
 * <p>Tags that only a value tells are stored with it if their stamps were known before the load.
 */
final class Bulk<K, V> {

  private final CacheConfig config;
  private final Ground ground;
  private final Store store;
  private final Reads<V> reads;
  private final Fills<V> fills;
  private final Functions<K, V> functions;
  private final Near<K, V> near;

  Bulk(
      CacheConfig config,
      Ground ground,
      Store store,
      Reads<V> reads,
      Fills<V> fills,
      Functions<K, V> functions,
      Near<K, V> near) {
    this.config = config;
    this.ground = ground;
    this.store = store;
    this.reads = reads;
    this.fills = fills;
    this.functions = functions;
    this.near = near;
  }

  /** Looks at keys; in L1 first where there is one. */
  CompletionStage<Looked<K, V>> look(Collection<K> keys) {
    Looked<K, V> looked = new Looked<>(new LinkedHashMap<>(), new ArrayList<>());
    List<K> asked = new ArrayList<>();
    List<String> bases = new ArrayList<>();
    for (K key : new HashSet<>(keys)) {
      String base = functions.keyOf().apply(key);
      Found.Hit<V> held = near.get(base);
      if (held == null) {
        asked.add(key);
        bases.add(base);
      } else {
        ground.stats().add(Count.NEAR_HIT);
        looked.hit(key, held);
      }
    }
    if (asked.isEmpty()) {
      return CompletableFuture.completedFuture(looked);
    }
    List<Near.Ticket> tickets = bases.stream().map(near::ticket).toList();
    return reads
        .lookAll(bases)
        .thenApply(
            looks -> {
              for (int i = 0; i < looks.size(); i++) {
                take(asked.get(i), bases.get(i), tickets.get(i), looks.get(i), looked);
              }
              return looked;
            });
  }

  /** What a look comes to that Redis was too slow for. */
  Looked<K, V> bypassed(Collection<K> keys) {
    Looked<K, V> looked = new Looked<>(new LinkedHashMap<>(), new ArrayList<>());
    for (K key : new HashSet<>(keys)) {
      String base = functions.keyOf().apply(key);
      looked.missing().add(new Missing<>(key, base, near.ticket(base), Look.bypass(base)));
    }
    return looked;
  }

  private void take(K key, String base, Near.Ticket ticket, Look<V> look, Looked<K, V> looked) {
    if (look.found() instanceof Found.Hit<V> hit) {
      ground.stats().add(Count.HIT);
      near.put(key, base, ticket, hit);
      looked.hit(key, hit);
    } else {
      ground.stats().add(Count.MISS);
      looked.missing().add(new Missing<>(key, base, ticket, look));
    }
  }

  /** Loads what was missed, or of that only what could be leased, and stores what was leased. */
  Loaded<K, V> load(List<Missing<K, V>> missing, BulkLoader<K, V> loader, boolean leasedOnly) {
    Leased<K, V> leased = lease(missing);
    List<K> wanted =
        missing.stream().map(Missing::key).filter(key -> !leasedOnly || leased.holds(key)).toList();
    if (wanted.isEmpty()) {
      return new Loaded<>(Map.of(), 0, 0, 0);
    }
    Map<String, String> keyStamps = stamps(wanted);
    long start = ground.nanoTime().getAsLong();
    Map<K, V> loaded = loadAll(wanted, loader, leased);
    ground.stats().loaded(ground.nanoTime().getAsLong() - start);
    int stored = fill(leased, loaded, keyStamps, start);
    int absent = (int) leased.keys().stream().filter(key -> loaded.get(key) == null).count();
    return new Loaded<>(loaded, leased.keys().size(), stored, absent);
  }

  private Map<K, V> loadAll(List<K> wanted, BulkLoader<K, V> loader, Leased<K, V> leased) {
    try {
      return loader.loadAll(wanted);
    } catch (RuntimeException | Error e) {
      failed(leased);
      throw e;
    } catch (Exception e) {
      failed(leased);
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw new LoadFailedException(e);
    }
  }

  /** Nobody should wait for a load that failed; a value that was only claimed stays. */
  private void failed(Leased<K, V> leased) {
    ground.stats().add(Count.LOAD_FAILURE);
    List<CompletionStage<?>> answers = new ArrayList<>();
    for (Held<K, V> held : leased.held()) {
      Missing<K, V> each = held.missing();
      answers.add(
          each.look().found() instanceof Found.Expired<V>
              ? ground.guard().send(() -> store.release(each.look().at(), held.token()))
              : evict(each));
    }
    answers.forEach(ground.guard()::await);
  }

  private Leased<K, V> lease(List<Missing<K, V>> missing) {
    List<String> useless = new ArrayList<>();
    for (Missing<K, V> each : missing) {
      if (each.look().found() instanceof Found.Useless<V>) {
        useless.add(each.look().at());
      }
    }
    if (!useless.isEmpty()) {
      ground.guard().ask(() -> store.evict(useless));
    }
    Map<Missing<K, V>, Asked> sent = new LinkedHashMap<>();
    for (Missing<K, V> each : missing) {
      if (each.look().trust() != null && !(each.look().found() instanceof Found.Busy<V>)) {
        byte[] token = store.newToken();
        sent.put(each, new Asked(token, ask(each.look(), token)));
      }
    }
    Leased<K, V> leased = new Leased<>(new ArrayList<>(), new HashSet<>());
    sent.forEach(
        (each, asked) -> {
          if (ground.guard().await(asked.answer()).isTrue()) {
            leased.take(each, asked.token());
          }
        });
    return leased;
  }

  private CompletionStage<Boolean> ask(Look<V> look, byte[] token) {
    Duration life = config.leases().life();
    if (look.found() instanceof Found.Expired<V> expired) {
      return ground.guard().send(() -> store.claim(look.at(), expired.stamp(), token, life));
    }
    return ground
        .guard()
        .send(() -> store.lease(look.at(), token, life))
        .thenApply(other -> other == null || store.isLease(other, token));
  }

  private Map<String, String> stamps(List<K> keys) {
    Set<String> names = new HashSet<>();
    keys.forEach(key -> names.addAll(functions.keyTags().apply(key)));
    Map<String, String> read = ground.guard().ask(() -> ground.tags().read(names)).value();
    return read == null ? Map.of() : read;
  }

  /** How many values were stored. */
  private int fill(
      Leased<K, V> leased, Map<K, V> loaded, Map<String, String> keyStamps, long start) {
    Set<String> named = new HashSet<>();
    List<CompletionStage<Boolean>> answers = new ArrayList<>();
    for (Held<K, V> held : leased.held()) {
      Missing<K, V> each = held.missing();
      V value = loaded.get(each.key());
      Set<String> names = tags(each.key(), value);
      named.addAll(names);
      Map<String, String> stamps = ground.tags().seenBefore(names, start);
      keyStamps.forEach(stamps::putIfAbsent);
      stamps.keySet().retainAll(names);
      Trust trust = each.look().trust();
      Fills.Fill fill =
          trust == null || !stamps.keySet().containsAll(names)
              ? null
              : fills.of(value, trust.generation(), stamps);
      answers.add(fill == null ? evict(each) : fill(held, value, fill));
    }
    int stored = 0;
    for (CompletionStage<Boolean> answer : answers) {
      stored += ground.guard().await(answer).isTrue() ? 1 : 0;
    }
    // so that the next load of these tags finds their stamps known
    ground.guard().ask(() -> ground.tags().read(named));
    return stored;
  }

  private Set<String> tags(K key, @Nullable V value) {
    Set<String> names = new HashSet<>(functions.keyTags().apply(key));
    if (value != null) {
      names.addAll(functions.valueTags().apply(value));
    }
    return names;
  }

  private CompletionStage<Boolean> evict(Missing<K, V> each) {
    return ground
        .guard()
        .send(() -> store.evict(List.of(each.look().at())))
        .thenApply(removed -> false);
  }

  private CompletionStage<Boolean> fill(Held<K, V> held, @Nullable V value, Fills.Fill fill) {
    Missing<K, V> each = held.missing();
    return ground
        .guard()
        .send(
            () ->
                store.fill(
                    each.look().at(),
                    held.token(),
                    fill.content(),
                    Origin.load(TimeUnit.MILLISECONDS.toMicros(1)),
                    fill.life()))
        .thenApply(
            stored -> {
              ground.stats().add(stored ? Count.SET : Count.REJECTED_FILL);
              if (stored) {
                near.filled(
                    each.key(), each.base(), each.ticket(), value, fill.content(), held.token());
                functions.aliases().loaded(each.key(), value);
              }
              return stored && value != null;
            });
  }

  /**
   * What a look at many keys came to.
   *
   * @param hits with null for known absence
   */
  record Looked<K, V>(Map<K, Found.Hit<V>> hits, List<Missing<K, V>> missing) {

    void hit(K key, Found.Hit<V> hit) {
      hits.put(key, hit);
    }

    /** The values that there are. */
    Map<K, V> values() {
      Map<K, V> values = new HashMap<>();
      hits.forEach(
          (key, hit) -> {
            if (hit.value() != null) {
              values.put(key, hit.value());
            }
          });
      return values;
    }
  }

  /**
   * What a bulk load came to.
   *
   * @param values that the loader knew
   * @param leased keys that were loaded under a lease
   * @param stored values among them that were stored
   * @param absent keys among them that the loader did not know
   */
  record Loaded<K, V>(Map<K, V> values, int leased, int stored, int absent) {}

  /** A key that was missed. */
  record Missing<K, V>(K key, String base, Near.Ticket ticket, Look<V> look) {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Asked(byte[] token, CompletionStage<Boolean> answer) {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Held<K, V>(Missing<K, V> missing, byte[] token) {}

  private record Leased<K, V>(List<Held<K, V>> held, Set<K> keys) {

    void take(Missing<K, V> missing, byte[] token) {
      held.add(new Held<>(missing, token));
      keys.add(missing.key());
    }

    boolean holds(K key) {
      return keys.contains(key);
    }
  }
}
