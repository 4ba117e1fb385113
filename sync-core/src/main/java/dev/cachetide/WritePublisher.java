package dev.cachetide;

import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.wire.WriteCommandCodec;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;

/**
 * Publishes write commands: a write is accepted once every in-sync replica of Kafka has it.
 *
 * <p>Writes of one row, published from one thread, are applied in that order. Safe for concurrent
 * use; one per process and pipeline is enough. Memory is bounded by {@code buffer.memory} (32 MiB
 * unless set).
 */
public final class WritePublisher implements AutoCloseable {

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

  private final Producer<byte[], byte[]> producer;
  private final String topic;

  /**
   * Opens a publisher; no server is contacted yet.
   *
   * @param kafka kafka-clients' own producer settings; {@code bootstrap.servers} at least. Unless
   *     set, {@code delivery.timeout.ms} is 30 s, {@code max.block.ms} 5 s, {@code linger.ms} 5
   * @throws IllegalArgumentException when a setting is named that the promises rest on
   * @throws KafkaException when kafka-clients refuses the settings
   */
  public WritePublisher(PipelineNames names, Map<String, ?> kafka) {
    this(new KafkaProducer<>(ProducerSettings.of(kafka)), names.writeTopic());
  }

  WritePublisher(Producer<byte[], byte[]> producer, String topic) {
    this.producer = producer;
    this.topic = topic;
  }

  /**
   * Publishes a command. Blocks for at most {@code max.block.ms}, while the buffer is full or the
   * topic is not known yet.
   *
   * <p>The future completes on Kafka's network thread: continue with an {@code …Async} stage if
   * there is anything to do that takes time. It completes exceptionally with the cause, a {@link
   * KafkaException} as a rule, when Kafka refused the command or did not answer in time; after a
   * timeout the command may have been accepted all the same, so publishing it again is right for
   * anything but a delta.
   */
  @SuppressWarnings("FutureReturnValueIgnored") // the callback tells all that the future would
  public CompletableFuture<Accepted> publish(WriteCommand command) {
    byte[] value = WriteCommandCodec.encode(command);
    if (value.length > WriteCommandCodec.MAX_BYTES) {
      return CompletableFuture.failedFuture(
          new RecordTooLargeException("longer than " + WriteCommandCodec.MAX_BYTES + " bytes"));
    }
    CompletableFuture<Accepted> acceptance = new CompletableFuture<>();
    try {
      producer.send(
          new ProducerRecord<>(topic, WriteCommandCodec.recordKey(command), value),
          (metadata, refusal) -> complete(acceptance, metadata, refusal));
    } catch (KafkaException | IllegalStateException e) {
      // an interrupt, which kafka-clients keeps set; a producer that is closed or broken for good
      acceptance.completeExceptionally(e);
    }
    return acceptance;
  }

  /**
   * Waits for the answers to everything published, for 10 s at most, and releases the connections;
   * what is unanswered then completes exceptionally.
   */
  @Override
  public void close() {
    producer.close(CLOSE_LIMIT);
  }

  private static void complete(
      CompletableFuture<Accepted> acceptance,
      @Nullable RecordMetadata metadata,
      @Nullable Exception refusal) {
    if (refusal != null || metadata == null) {
      acceptance.completeExceptionally(
          refusal == null ? new KafkaException("no answer from Kafka") : refusal);
    } else {
      acceptance.complete(new Accepted(metadata.partition(), metadata.offset()));
    }
  }

  /** Where Kafka put an accepted command. */
  public record Accepted(int partition, long offset) {}
}
