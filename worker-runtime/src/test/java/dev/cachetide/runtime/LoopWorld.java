package dev.cachetide.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** A loop over kafka-clients' own consumer double, turned by hand under a clock set by hand. */
final class LoopWorld {

  static final TopicPartition A = new TopicPartition("t", 0);
  static final TopicPartition B = new TopicPartition("t", 1);
  static final Outcome AGAIN = new Outcome.Transient("reach the target", new RuntimeException());

  final SpiedConsumer consumer = new SpiedConsumer();
  final ScriptedHandler handler = new ScriptedHandler();
  final InMemoryDeadLetters deadLetters = new InMemoryDeadLetters();
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final Progress progress = new Progress();
  final LoopHealth health = new LoopHealth(Duration.ofMinutes(5), () -> nanos());
  Uuid topicId = new Uuid(7, 1);
  final TopicIds topicIds = new TopicIds(topics -> Map.of("t", topicId));
  int groupReads = 2;
  final GroupSize groupSize = new GroupSize(() -> groupReads);
  final PollLoop loop;
  private long nanos = 1;
  private long nanosPerLook;

  LoopWorld() {
    this(Pauses.none());
  }

  LoopWorld(Pauses pauses) {
    LoopSettings settings =
        new LoopSettings(
            "worker",
            new KafkaClients.Group("g", "c", 500, Duration.ofMinutes(5)),
            Topics.named(Set.of("t")),
            "dead",
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10));
    loop =
        new PollLoop(
            settings,
            consumer,
            new PausableHandler(handler, pauses),
            deadLetters,
            progress,
            new LoopMeters(registry, "g", java.time.InstantSource.system()),
            health,
            topicIds,
            groupSize,
            new PollLoop.Timing(this::nanos, new Random(1)));
    settings.topics().subscribe(consumer, loop.rebalanceListener());
    consumer.updateBeginningOffsets(Map.of(A, 0L, B, 0L));
  }

  private long nanos() {
    nanos += nanosPerLook;
    return nanos;
  }

  void pass(Duration time) {
    nanos += time.toNanos();
  }

  /** From now on, time passes by itself whenever somebody looks at the clock. */
  void letTimePass() {
    nanosPerLook = Duration.ofMillis(10).toNanos();
  }

  void commit(TopicPartition partition, long offset) {
    consumer.commitSync(Map.of(partition, new OffsetAndMetadata(offset)));
    consumer.commits.put(partition, offset);
  }

  long committed(TopicPartition partition) {
    return consumer.commits.getOrDefault(partition, -1L);
  }

  void assign(TopicPartition... partitions) {
    consumer.rebalance(List.of(partitions));
  }

  void lose(TopicPartition... partitions) {
    Objects.requireNonNull(consumer.listener).onPartitionsLost(List.of(partitions));
  }

  void publish(TopicPartition partition, long from, long to) {
    consumer.schedulePollTask(
        () -> {
          for (long offset = from; offset < to; offset++) {
            if (!consumer.paused().contains(partition)) {
              consumer.addRecord(record(partition, offset));
            }
          }
        });
  }

  static ConsumerRecord<byte[], byte[]> record(TopicPartition partition, long offset) {
    return new ConsumerRecord<>(
        partition.topic(), partition.partition(), offset, new byte[] {1}, new byte[] {2});
  }

  static DeadLetter letter(TopicPartition partition, long offset) {
    return new DeadLetter(record(partition, offset), "decode", new IllegalArgumentException("no"));
  }

  void turn(int times) {
    for (int i = 0; i < times; i++) {
      loop.turn();
    }
  }

  /** Two partitions, prepared, with nothing to do. */
  LoopWorld settled() {
    commit(A, 0);
    commit(B, 0);
    assign(A, B);
    turn(2);
    assertThat(consumer.paused()).isEmpty();
    handler.calls.clear();
    return this;
  }

  double count(String meter) {
    return registry.get(meter).counter().count();
  }

  /** Remembers the listener and what was committed, and fails commits when told to. */
  static final class SpiedConsumer extends MockConsumer<byte[], byte[]> {
    @Nullable ConsumerRebalanceListener listener;
    @Nullable KafkaException failingCommits;
    final Map<TopicPartition, Long> commits = new HashMap<>();

    SpiedConsumer() {
      super("none");
    }

    @Override
    public void subscribe(Collection<String> topics, ConsumerRebalanceListener listener) {
      this.listener = listener;
      super.subscribe(topics, listener);
    }

    @Override
    public synchronized void commitAsync(
        Map<TopicPartition, OffsetAndMetadata> offsets, OffsetCommitCallback callback) {
      if (failingCommits == null) {
        note(offsets);
        super.commitAsync(offsets, callback);
      } else {
        callback.onComplete(new HashMap<>(offsets), failingCommits);
      }
    }

    @Override
    public synchronized void commitSync(
        Map<TopicPartition, OffsetAndMetadata> offsets, Duration timeout) {
      if (failingCommits != null) {
        throw failingCommits;
      }
      note(offsets);
      super.commitSync(offsets, timeout);
    }

    private void note(Map<TopicPartition, OffsetAndMetadata> offsets) {
      offsets.forEach((partition, offset) -> commits.put(partition, offset.offset()));
    }
  }
}
