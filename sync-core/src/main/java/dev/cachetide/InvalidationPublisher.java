package dev.cachetide;

import dev.cachetide.internal.TraceHeaders;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.InvalidationCodec;
import dev.cachetide.wire.PipelineNames;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;

/**
 * Publishes requests to evict, for the invalidation workers to carry out: accepted once every
 * in-sync replica of Kafka has them, and then carried out once Redis can be reached. Safe for
 * concurrent use.
 */
public final class InvalidationPublisher implements AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

  private final Producer<byte[], byte[]> producer;
  private final String topic;
  private final TraceHeaders trace = TraceHeaders.create();

  /**
   * Opens a publisher; no server is contacted yet.
   *
   * @param kafka as for {@link WritePublisher}
   * @throws IllegalArgumentException when a setting is named that the promises rest on
   */
  public InvalidationPublisher(PipelineNames names, Map<String, ?> kafka) {
    producer = new KafkaProducer<>(ProducerSettings.of(kafka));
    topic = names.invalidationTopic();
  }

  /**
   * Publishes a request; completes when Kafka has accepted it, exceptionally when it has not. The
   * record carries the calling thread's trace, as a write's does.
   *
   * @throws IllegalArgumentException for {@link Invalidation.All}, which nobody may ask for
   */
  @SuppressWarnings("FutureReturnValueIgnored") // the callback tells all that the future would
  public CompletableFuture<Void> publish(Invalidation what) {
    if (what instanceof Invalidation.All) {
      throw new IllegalArgumentException("ask for a key, a tag, a pattern or a version");
    }
    CompletableFuture<Void> acceptance = new CompletableFuture<>();
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            topic,
            what.target().getBytes(StandardCharsets.UTF_8),
            InvalidationCodec.encode(what, System.currentTimeMillis()));
    trace.add(record.headers());
    try {
      producer.send(
          record,
          (metadata, refusal) -> {
            if (refusal == null) {
              acceptance.complete(null);
            } else {
              acceptance.completeExceptionally(refusal);
            }
          });
    } catch (KafkaException | IllegalStateException e) {
      // an interrupt, which kafka-clients keeps set; a producer that is closed or broken for good
      acceptance.completeExceptionally(e);
    }
    return acceptance;
  }

  /** Waits for the answers, for 10 s at most, and releases the connections. */
  @Override
  public void close() {
    producer.close(CLOSE_LIMIT);
  }
}
