package dev.cachetide.invalidation.requests;

import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.InvalidationCodec;
import dev.cachetide.wire.PipelineNames;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Asks the workers to evict, and sees whether they have. Through the workers and not past them:
 * what leaves is then numbered and told to the L1s of applications, and a Redis that is away delays
 * it instead of losing it.
 *
 * <p>Every call is bounded and throws {@link KafkaException} when Kafka is away.
 */
public final class RequestPublisher implements AutoCloseable {

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final String CLIENT = "cachetide-evict";

  private final PipelineNames names;
  private final InstantSource clock;
  private final Admin admin;
  private final KafkaProducer<byte[], byte[]> producer;

  /** Opens the clients; no server is contacted yet. */
  public RequestPublisher(PipelineNames names, KafkaClients clients, InstantSource clock) {
    this.names = names;
    this.clock = clock;
    admin = Admin.create(clients.admin(CLIENT));
    producer = new KafkaProducer<>(clients.producer(CLIENT, Duration.ZERO, LIMIT));
  }

  /** Whether the topic of requests is there; the first worker creates it. */
  public boolean topicExists() throws InterruptedException {
    try {
      admin
          .describeTopics(List.of(names.invalidationTopic()))
          .allTopicNames()
          .get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return false;
      }
      throw failed("look for the topic of requests", e.getCause());
    } catch (TimeoutException e) {
      throw failed("look for the topic of requests", e);
    }
  }

  /**
   * Publishes requests and returns when Kafka has all of them.
   *
   * @return where each one is, in the same order
   */
  public List<Published> publish(List<Invalidation> wanted) throws InterruptedException {
    List<Future<RecordMetadata>> answers = new ArrayList<>();
    for (Invalidation each : wanted) {
      answers.add(
          producer.send(
              new ProducerRecord<>(
                  names.invalidationTopic(),
                  each.target().getBytes(StandardCharsets.UTF_8),
                  InvalidationCodec.encode(each, clock.millis()))));
    }
    List<Published> published = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      try {
        RecordMetadata at = answers.get(i).get(2 * LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        published.add(new Published(wanted.get(i), at.topic(), at.partition(), at.offset()));
      } catch (ExecutionException e) {
        throw failed("publish a request", e.getCause());
      } catch (TimeoutException e) {
        throw failed("publish a request", e);
      }
    }
    return published;
  }

  /**
   * Waits until the workers have committed past all of these, which they do once Redis has evicted.
   *
   * @return whether they have, within the limit
   */
  public boolean awaitDone(List<Published> published, Duration limit) throws InterruptedException {
    Map<TopicPartition, Long> last = new HashMap<>();
    published.forEach(
        each ->
            last.merge(
                new TopicPartition(each.topic(), each.partition()), each.offset(), Math::max));
    return awaitPast(last, limit);
  }

  /**
   * Waits until the workers have committed past these offsets.
   *
   * @return whether they have, within the limit
   */
  public boolean awaitPast(Map<TopicPartition, Long> last, Duration limit)
      throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!done(last)) {
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      LockSupport.parkNanos(LOOK.toNanos());
    }
    return true;
  }

  private boolean done(Map<TopicPartition, Long> last) throws InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> committed = committed();
    return last.entrySet().stream()
        .allMatch(
            each -> {
              OffsetAndMetadata at = committed.get(each.getKey());
              return at != null && at.offset() > each.getValue();
            });
  }

  private Map<TopicPartition, OffsetAndMetadata> committed() throws InterruptedException {
    try {
      return admin
          .listConsumerGroupOffsets(names.invalidationGroup())
          .partitionsToOffsetAndMetadata()
          .get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw failed("ask how far the workers are", e.getCause());
    } catch (TimeoutException e) {
      throw failed("ask how far the workers are", e);
    }
  }

  private static KafkaException failed(
      String what, @org.jspecify.annotations.Nullable Throwable e) {
    return new KafkaException("cannot " + what + ": " + (e == null ? "" : e.getMessage()), e);
  }

  @Override
  public void close() {
    producer.close(LIMIT);
    admin.close(LIMIT);
  }

  /** A request that Kafka has accepted. */
  public record Published(Invalidation what, String topic, int partition, long offset) {}
}
