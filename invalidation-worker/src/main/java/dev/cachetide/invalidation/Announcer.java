package dev.cachetide.invalidation;

import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.wire.ChannelMessage;
import dev.cachetide.wire.ChannelMessage.Batch;
import dev.cachetide.wire.ChannelMessage.Beat;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.InvalidationCodec;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * Tells the caches inside applications what has left Redis, and that this worker lives. For the
 * loop's thread alone: a loop that does not turn does not beat, and its listeners soon trust
 * nothing.
 *
 * <p>What a beat says must never be better than the truth. So its positions are those of messages
 * that were published; before the first one the group's size must be known; its generation was read
 * after whatever made it doubtful, such as another start of Redis being certified, and not more
 * than {@link ChannelMessage.Beat#SILENCE_MILLIS} ago; and a flush is told of before it.
 */
final class Announcer implements AutoCloseable {

  private static final long INTERVAL_NANOS = Duration.ofMillis(Beat.INTERVAL_MILLIS).toNanos();

  private final Publisher publisher;
  private final Certification certification;
  private final GenerationWatch generation;
  private final InvalidationMeters meters;
  private final LongSupplier nanoTime;
  private final InstantSource clock;
  private final AnsweredOffsets answered = new AnsweredOffsets();
  private OptionalInt partitions = OptionalInt.empty();
  private int flushesTold;
  private int certificationsSeen;
  private OptionalLong generationTold = OptionalLong.empty();
  private long dueNanos;
  private boolean silent;

  Announcer(
      Publisher publisher,
      Certification certification,
      GenerationWatch generation,
      InvalidationMeters meters,
      LongSupplier nanoTime,
      InstantSource clock) {
    this.publisher = publisher;
    this.certification = certification;
    this.generation = generation;
    this.meters = meters;
    this.nanoTime = nanoTime;
    this.clock = clock;
    dueNanos = nanoTime.getAsLong();
  }

  void begins(TopicPartition partition, long offset) {
    answered.begins(partition, offset);
  }

  void forget(Collection<TopicPartition> gone) {
    answered.forget(gone);
  }

  void groupReads(int total) {
    partitions = OptionalInt.of(total);
  }

  /** The next beat waits for a generation that is read from now on. */
  void generationMayHaveChanged() {
    generation.changed();
  }

  /** Makes everything that applications have cached so far old. */
  Outcome bumpGeneration(String reason) {
    try {
      generation.bump(reason);
      return Outcome.applied();
    } catch (SQLException e) {
      return new Outcome.Transient("bump the generation in Postgres", e);
    }
  }

  /**
   * Publishes what has left Redis for these records.
   *
   * @param everything whether the plan does not tell all of it
   */
  Outcome announce(ConsumerRecords<byte[], byte[]> records, Plan plan, boolean everything) {
    List<Invalidation> items = everything ? List.of(new Invalidation.All()) : PlanItems.of(plan);
    Outcome published = publish(new Batch(answered.ranges(records), items, clock.millis()));
    if (published instanceof Outcome.Applied) {
      answered.answered(records);
      meters.announced();
    }
    return published;
  }

  /**
   * Whether caches may be vouched for. Once they may again, the next beat waits for a generation
   * that is read from then on.
   */
  void vouching(boolean may) {
    if (may && silent) {
      generation.changed();
    }
    silent = !may;
  }

  /** To be called some ten times a second. */
  Outcome beatWhenDue() {
    Outcome told = tellOfFlush();
    if (!(told instanceof Outcome.Applied) || silent) {
      return told;
    }
    if (certification.certifications() != certificationsSeen) {
      certificationsSeen = certification.certifications();
      generation.changed();
    }
    generation.look();
    OptionalLong known = generation.known();
    long now = nanoTime.getAsLong();
    boolean due = now - dueNanos >= 0 || !known.equals(generationTold);
    return due && known.isPresent() && partitions.isPresent()
        ? beat(known, partitions.getAsInt(), now)
        : Outcome.applied();
  }

  private Outcome beat(OptionalLong known, int total, long now) {
    Outcome published =
        publish(
            new Beat(
                known.getAsLong(),
                certification.certified(),
                answered.positions(),
                total,
                clock.millis()));
    if (published instanceof Outcome.Applied) {
      generationTold = known;
      // On a grid, so that a loop which comes round a little late does not beat ever more slowly.
      dueNanos += INTERVAL_NANOS;
      if (dueNanos - now < 0 || dueNanos - now > INTERVAL_NANOS) {
        dueNanos = now + INTERVAL_NANOS;
      }
      meters.beat();
    }
    return published;
  }

  private Outcome tellOfFlush() {
    int flushes = certification.flushes();
    if (flushes == flushesTold) {
      return Outcome.applied();
    }
    Outcome published =
        publish(new Batch(Map.of(), List.of(new Invalidation.All()), clock.millis()));
    if (published instanceof Outcome.Applied) {
      flushesTold = flushes;
    }
    return published;
  }

  private Outcome publish(ChannelMessage message) {
    byte[] bytes = InvalidationCodec.encode(message);
    Outcome failure =
        RedisFailures.attempt(
            () -> {
              publisher.publish(bytes);
            });
    return failure == null ? Outcome.applied() : failure;
  }

  @Override
  public void close() {
    generation.close();
  }

  /** Redis, as this class needs it. */
  interface Publisher {
    /** Publishes on the pipeline's channel; returns once Redis has answered. */
    void publish(byte[] message) throws ExecutionException, TimeoutException, InterruptedException;
  }

  /** What the {@link Evictor} knows about the Redis behind it. */
  interface Certification {
    /** Run ids that are certified, and noted in Postgres as such. */
    Set<String> certified();

    /** Grows whenever {@link #certified} changes. */
    int certifications();

    /** Grows whenever everything that the rules name was evicted. */
    int flushes();
  }
}
