package dev.cachetide.internal.coherence;

import dev.cachetide.wire.ChannelMessage;
import dev.cachetide.wire.ChannelMessage.Batch;
import dev.cachetide.wire.ChannelMessage.Beat;
import dev.cachetide.wire.ChannelMessage.Range;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.InvalidationCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A channel that is spoken on by hand, servers that answer when told to, and a clock to turn. */
final class ChannelWorld {

  static final String CERTIFIED = "r1";

  final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000_000_000L);
  final List<FlushCause> flushes = new ArrayList<>();
  final List<Invalidation> passed = new ArrayList<>();
  final List<CompletableFuture<Set<String>>> questions = new ArrayList<>();
  final Listeners listeners = new Listeners();
  final PipelineCoherence coherence = new PipelineCoherence(listeners, new Recording(), nanos::get);
  private @Nullable BiConsumer<String, byte[]> subscriber;

  ChannelWorld() {
    coherence.start(
        new PipelineCoherence.Source() {
          @Override
          public CompletionStage<Void> subscribe(BiConsumer<String, byte[]> listener) {
            subscriber = listener;
            return CompletableFuture.completedFuture(null);
          }

          @Override
          public CompletionStage<Set<String>> runIds() {
            CompletableFuture<Set<String>> answer = new CompletableFuture<>();
            questions.add(answer);
            return answer;
          }
        });
  }

  /** Where the servers have said who they are, and a worker of both partitions certified them. */
  static ChannelWorld trusting() {
    ChannelWorld world = new ChannelWorld();
    world.answer(CERTIFIED);
    world.beat(Map.of("t/0", 10L, "t/1", 20L));
    world.flushes.clear();
    return world;
  }

  void answer(String... runIds) {
    questions.get(questions.size() - 1).complete(Set.of(runIds));
  }

  void beat(Map<String, Long> positions) {
    beat(3, positions, 2, CERTIFIED);
  }

  void beat(long generation, Map<String, Long> positions, int partitions, String... certified) {
    say(new Beat(generation, Set.of(certified), positions, partitions, 0));
  }

  void batch(String partition, long previous, long last, Invalidation... items) {
    say(new Batch(Map.of(partition, new Range(previous, last)), List.of(items), 0));
  }

  void say(ChannelMessage message) {
    say(InvalidationCodec.encode(message));
  }

  void say(byte[] bytes) {
    if (subscriber != null) {
      subscriber.accept("channel", bytes);
    }
  }

  void pass(long millis) {
    nanos.addAndGet(millis * 1_000_000);
  }

  private final class Recording implements CoherenceListener {
    @Override
    public void invalidated(Invalidation what) {
      passed.add(what);
    }

    @Override
    public void flushed(FlushCause cause) {
      flushes.add(cause);
    }
  }
}
