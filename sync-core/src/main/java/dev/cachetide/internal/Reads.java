package dev.cachetide.internal;

import dev.cachetide.CacheConfig;
import dev.cachetide.internal.Found.Look;
import dev.cachetide.internal.StatsCounter.Count;
import dev.cachetide.internal.coherence.Coherence;
import dev.cachetide.internal.coherence.Trust;
import dev.cachetide.internal.fenced.Entry;
import dev.cachetide.internal.fenced.Store;
import dev.cachetide.internal.receipts.Ticket;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Looks at cache keys: one GET for an entry without tags, one more round trip for the stamps of one
 * with tags; a version's pointer travels along with the GET.
 *
 * <p>What is found counts only if Redis was to be believed from before the command to after its
 * answer, so an answer of a Redis that has just come back from an old dump is dropped.
 */
final class Reads<V> {

  private final CacheConfig config;
  private final Store store;
  private final Guard guard;
  private final Coherence coherence;
  private final Payloads<V> payloads;
  private final Stamps tags;
  private final Version version;
  private final InstantSource clock;
  private final StatsCounter stats;

  Reads(CacheConfig config, Ground ground, Store store, Payloads<V> payloads) {
    this.config = config;
    this.store = store;
    this.payloads = payloads;
    guard = ground.guard();
    coherence = ground.coherence();
    tags = ground.tags();
    version = Version.of(config.version(), ground.versions(), guard);
    clock = ground.clock();
    stats = ground.stats();
  }

  /** Looks at one key. Never fails. */
  CompletionStage<Look<V>> look(String base) {
    Trust trust = coherence.trust();
    if (trust == null) {
      stats.add(Count.BYPASS);
      return CompletableFuture.completedFuture(Look.bypass(base));
    }
    return version
        .read(base, store)
        .thenCompose(read -> judge(read.at(), trust, read.bytes()))
        .exceptionally(failure -> unanswered(base, failure));
  }

  /** The same, waiting: the caller's thread decodes, not the one that all answers arrive on. */
  Look<V> lookNow(String base) {
    Trust trust = coherence.trust();
    if (trust == null) {
      stats.add(Count.BYPASS);
      return Look.bypass(base);
    }
    CompletionStage<Version.@Nullable At> reading =
        version.read(base, store).exceptionally(this::unread);
    Version.At read = guard.await(reading).value();
    if (read == null) {
      return Look.bypass(base);
    }
    Judged<V> judged = judge(read.bytes(), trust);
    if (judged.tags().isEmpty()) {
      return look(read.at(), trust, judged.found());
    }
    Map<String, String> now = guard.await(stampsOf(judged.tags().keySet())).value();
    return now == null ? Look.bypass(base) : look(read.at(), trust, judged.under(now));
  }

  /** A write of the same partition that Redis shows, as late as this one; null for none. Waits. */
  Found.@Nullable Hit<V> dirtyNow(String base, Ticket ticket) {
    Trust trust = coherence.trust();
    if (trust == null) {
      return null;
    }
    Version.At read = guard.await(version.read(base, store)).value();
    if (read == null
        || !(store.parse(read.bytes()) instanceof Entry.Dirty dirty)
        || dirty.partition() != ticket.partition()
        || dirty.offset() < ticket.offset()) {
      return null;
    }
    Judged<V> judged = judge(read.bytes(), trust);
    boolean counts = judged.tags().isEmpty() && coherence.trust() == trust;
    return counts && judged.found() instanceof Found.Hit<V> hit ? hit : null;
  }

  private Version.@Nullable At unread(Throwable failure) {
    if (failure.getCause() instanceof Guard.NotAsked || failure instanceof Guard.NotAsked) {
      stats.add(Count.BYPASS);
    }
    return null;
  }

  private Look<V> unanswered(String base, Throwable failure) {
    unread(failure);
    return Look.bypass(base);
  }

  /** Looks at many keys in one pipelined read; in their order. Never fails. */
  CompletionStage<List<Look<V>>> lookAll(List<String> bases) {
    Trust trust = coherence.trust();
    if (trust == null) {
      stats.add(Count.BYPASS, bases.size());
      return CompletableFuture.completedFuture(bases.stream().map(Look::<V>bypass).toList());
    }
    return version
        .places(bases)
        .thenCompose(
            places ->
                guard
                    .send(() -> store.readAll(places))
                    .thenCompose(found -> judgeAll(places, trust, found)))
        .exceptionally(failure -> bases.stream().map(base -> unanswered(base, failure)).toList());
  }

  /** Where in Redis keys are now. */
  CompletionStage<List<String>> places(List<String> bases) {
    return version.places(bases);
  }

  /** Where in Redis a key is now; null when that cannot be told. Waits. */
  @Nullable String placeNow(String base) {
    List<String> places = guard.await(version.places(List.of(base))).value();
    return places == null ? null : places.get(0);
  }

  private CompletionStage<List<Look<V>>> judgeAll(
      List<String> places, Trust trust, List<byte @Nullable []> found) {
    List<Judged<V>> judged = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (byte[] bytes : found) {
      Judged<V> each = judge(bytes, trust);
      judged.add(each);
      names.addAll(each.tags().keySet());
    }
    return stampsOf(names)
        .thenApply(
            now -> {
              List<Look<V>> looks = new ArrayList<>();
              for (int i = 0; i < places.size(); i++) {
                looks.add(look(places.get(i), trust, judged.get(i).under(now)));
              }
              return looks;
            });
  }

  private CompletionStage<Look<V>> judge(String at, Trust trust, byte @Nullable [] bytes) {
    Judged<V> judged = judge(bytes, trust);
    if (judged.tags().isEmpty()) {
      return CompletableFuture.completedFuture(look(at, trust, judged.found()));
    }
    return stampsOf(judged.tags().keySet()).thenApply(now -> look(at, trust, judged.under(now)));
  }

  private CompletionStage<Map<String, String>> stampsOf(Set<String> names) {
    return names.isEmpty()
        ? CompletableFuture.completedFuture(Map.of())
        : guard.send(() -> tags.read(names));
  }

  private Look<V> look(String at, Trust trust, Found<V> found) {
    if (coherence.trust() != trust) {
      stats.add(Count.BYPASS);
      return Look.bypass(at);
    }
    return new Look<>(at, trust, found);
  }

  private Judged<V> judge(byte @Nullable [] bytes, Trust trust) {
    Entry entry = store.parse(bytes);
    if (entry instanceof Entry.Value value) {
      return judge(value.bytes(), value.header(), value.body(), trust, value);
    }
    if (entry instanceof Entry.Dirty dirty) {
      return judge(dirty.bytes(), dirty.header(), dirty.body(), trust, null);
    }
    if (entry instanceof Entry.Lease) {
      return new Judged<>(new Found.Busy<>(), Map.of());
    }
    return new Judged<>(bytes == null ? new Found.Empty<>() : new Found.Useless<>(), Map.of());
  }

  private Judged<V> judge(
      byte[] bytes,
      Entry.Header header,
      Entry.Body body,
      Trust trust,
      Entry.@Nullable Value value) {
    long late = clock.millis() - header.expiresAt();
    boolean expired = late >= 0;
    boolean servable =
        value != null && !header.negative() && late < config.expiry().grace().toMillis();
    if (header.generation() != trust.generation() || (expired && !servable)) {
      return new Judged<>(new Found.Useless<>(), Map.of());
    }
    try {
      @Nullable V decoded = header.negative() ? null : payloads.decode(bytes, header, body);
      if (expired && value != null && decoded != null) {
        return new Judged<>(new Found.Expired<>(decoded, value.stamp()), body.tags());
      }
      return new Judged<>(
          new Found.Hit<>(
              decoded,
              body.tags(),
              header.filledAt(),
              header.expiresAt(),
              value == null || config.plain() ? 0 : value.loadMicros(),
              value == null || config.plain() ? null : value.stamp()),
          body.tags());
    } catch (IOException | RuntimeException e) {
      // an application's codec may throw anything; whatever it is, the entry is of no use
      stats.add(Count.UNDECODABLE);
      return new Judged<>(new Found.Useless<>(), Map.of());
    }
  }

  /** What an entry is as long as its tags stand. */
  private record Judged<V>(Found<V> found, Map<String, String> tags) {

    Found<V> under(Map<String, String> now) {
      boolean stand =
          tags.entrySet().stream().allMatch(tag -> tag.getValue().equals(now.get(tag.getKey())));
      return stand ? found : new Found.Useless<>();
    }
  }
}
