package dev.cachetide.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.CacheConfig;
import dev.cachetide.CacheConfig.Expiry;
import dev.cachetide.CacheConfig.Leases;
import dev.cachetide.CacheConfig.Limits;
import dev.cachetide.Codec;
import dev.cachetide.RedisConfig;
import dev.cachetide.internal.Found.Look;
import dev.cachetide.internal.coherence.Coherence;
import dev.cachetide.internal.coherence.Trust;
import dev.cachetide.internal.fenced.Content;
import dev.cachetide.internal.fenced.Entry;
import dev.cachetide.internal.fenced.Origin;
import dev.cachetide.internal.fenced.Store;
import dev.cachetide.internal.redis.RedisLink;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The order of things on the way to a value, which no real server shows. */
final class LoadsTest {

  private final RedisLink away = RedisLink.open(RedisConfig.of("redis://127.0.0.1:1"), () -> {});
  private final StatsCounter stats = new StatsCounter();
  private final Coherence coherence = Coherence.standalone();
  private final NumberedTickets near = new NumberedTickets();
  private final SomebodyElsesLoad store = new SomebodyElsesLoad();

  @AfterEach
  void close() {
    away.close();
  }

  private Loads<Long, String> loads() {
    CacheConfig config =
        new CacheConfig(
            "c", false, null, Expiry.defaults(), Leases.defaults(), Limits.defaults(), null);
    Stamps none = new Stamps(away, name -> name, System::nanoTime, new SecureRandom());
    Guard guard = new Guard("c", Breaker.always(), stats, System::nanoTime, Duration.ofSeconds(1));
    Ground ground =
        new Ground(
            guard,
            coherence,
            none,
            none,
            stats,
            Runnable::run,
            InstantSource.system(),
            System::nanoTime);
    Functions<Long, String> functions =
        new Functions<>(Codec.text(), key -> "k" + key, key -> Set.of(), value -> Set.of(), null);
    Payloads<String> payloads = new Payloads<>(Codec.text(), config.limits(), true);
    Reads<String> reads = new Reads<>(config, ground, store, payloads);
    return new Loads<>(
        config,
        ground,
        new LeaseTaking<>(config, ground, store, reads, near),
        reads,
        new Fills<>(config, payloads, stats, InstantSource.system(), new Random(1)),
        functions,
        near);
  }

  @Test
  void l1_keeps_what_was_waited_for_under_a_ticket_from_before_it_was_read() {
    Trust trust = coherence.trust();
    Look<String> missed = new Look<>("k1", trust, new Found.Busy<>());
    Optional<String> value = loads().through(1L, "k1", missed, key -> "not asked");
    assertThat(value).contains("theirs");
    assertThat(near.putUnder).hasSize(1);
    assertThat(near.putUnder.get(0)).isLessThanOrEqualTo(store.ticketsAtRead);
    assertThat(stats.snapshot().leaseWaits()).isEqualTo(1);
    assertThat(stats.snapshot().loads()).isZero();
  }

  /** Tickets are numbers in the order in which they were taken. */
  private static final class NumberedTickets implements Near<Long, String> {
    final List<Integer> putUnder = new ArrayList<>();
    int taken;

    @Override
    public Found.@Nullable Hit<String> get(String base) {
      return null;
    }

    @Override
    public Ticket ticket(String base) {
      return new Numbered(++taken);
    }

    @Override
    public void put(Long key, String base, Ticket ticket, Found.Hit<String> hit) {
      if (ticket instanceof Numbered numbered) {
        putUnder.add(numbered.number());
      }
    }

    @Override
    public void filled(
        Long key,
        String base,
        Ticket ticket,
        @Nullable String value,
        Content content,
        byte[] stamp) {}

    @Override
    public void drop(String base) {}

    @Override
    public List<Long> hottest(int count) {
      return List.of();
    }
  }

  private record Numbered(int number) implements Near.Ticket {}

  /** A Redis in which somebody else has just stored the value. */
  private final class SomebodyElsesLoad implements Store {
    int ticketsAtRead;

    @Override
    public byte[] newToken() {
      return new byte[16];
    }

    @Override
    public CompletionStage<byte @Nullable []> read(String key) {
      ticketsAtRead = near.taken;
      long now = System.currentTimeMillis();
      Content content =
          new Content("theirs".getBytes(UTF_8), false, 1, 0, now, now + 60_000, Map.of());
      return CompletableFuture.completedFuture(content.value(Origin.load(1), newToken()));
    }

    @Override
    public @Nullable Entry parse(byte @Nullable [] bytes) {
      return Entry.parse(bytes);
    }

    @Override
    public boolean isLease(byte[] entry, byte[] token) {
      return false;
    }

    @Override
    public CompletionStage<List<byte @Nullable []>> readAll(List<String> keys) {
      return unexpected();
    }

    @Override
    public CompletionStage<byte @Nullable []> lease(String key, byte[] token, Duration life) {
      return unexpected();
    }

    @Override
    public CompletionStage<Boolean> force(String key, byte[] token, Duration life) {
      return unexpected();
    }

    @Override
    public CompletionStage<Boolean> claim(
        String key, byte[] seenStamp, byte[] token, Duration holdOff) {
      return unexpected();
    }

    @Override
    public CompletionStage<Boolean> release(String key, byte[] token) {
      return CompletableFuture.completedFuture(false);
    }

    @Override
    public CompletionStage<byte @Nullable []> mark(String key, byte[] token, Duration life) {
      return unexpected();
    }

    @Override
    public CompletionStage<Boolean> fill(
        String key, byte[] token, Content content, Origin origin, Duration ttl) {
      return unexpected();
    }

    @Override
    public CompletionStage<Boolean> putDirty(String key, byte[] token, byte[] dirty, Duration ttl) {
      return unexpected();
    }

    @Override
    public CompletionStage<String> put(String key, Content content, Duration ttl) {
      return unexpected();
    }

    @Override
    public CompletionStage<Long> evict(Collection<String> keys) {
      return unexpected();
    }

    private <T extends @Nullable Object> CompletionStage<T> unexpected() {
      return CompletableFuture.failedFuture(new AssertionError("only read was expected"));
    }
  }
}
