package dev.cachetide;

import dev.cachetide.internal.TraceHeaders;
import dev.cachetide.internal.receipts.Backlog;
import dev.cachetide.internal.receipts.ReceiptLog;
import dev.cachetide.wire.Headers;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.wire.WriteCommandCodec;
import java.nio.charset.StandardCharsets;
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

  /** How many writes may wait to be applied unless another number is given. */
  public static final long BACKLOG = 1_000_000;

  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

  private final Producer<byte[], byte[]> producer;
  private final String topic;
  private final Duration patience;
  private final TraceHeaders trace = TraceHeaders.create();
  private final Backlog backlog;
  private final @Nullable ReceiptLog receipts;

  /**
   * Opens a publisher; no server is contacted yet.
   *
   * @param kafka kafka-clients' own producer settings; {@code bootstrap.servers} at least. Unless
   *     set, {@code delivery.timeout.ms} is 30 s, {@code max.block.ms} 5 s, {@code linger.ms} 5
   * @throws IllegalArgumentException when a setting is named that the promises rest on
   * @throws KafkaException when kafka-clients refuses the settings
   */
  public WritePublisher(PipelineNames names, Map<String, ?> kafka) {
    this(names, kafka, BACKLOG);
  }

  /**
   * The same with a budget of its own.
   *
   * @param backlog how many writes may wait to be applied, whoever wrote them, in the partitions
   *     that this publisher writes to, before it publishes no more; 0 for any number. What is
   *     applied is learned from the pipeline's receipts or, while no ingest runs, from what the
   *     write-behind workers commit in Kafka
   */
  public WritePublisher(PipelineNames names, Map<String, ?> kafka, long backlog) {
    Map<String, Object> properties = ProducerSettings.of(kafka);
    this.backlog = new Backlog(backlog);
    topic = names.writeTopic();
    patience = ProducerSettings.maxBlock(properties);
    producer = new KafkaProducer<>(properties);
    receipts = new ReceiptLog(names, kafka, this.backlog);
  }

  WritePublisher(Producer<byte[], byte[]> producer, String topic) {
    this.producer = producer;
    this.topic = topic;
    patience = Duration.ZERO;
    backlog = new Backlog(0);
    receipts = null;
  }

  /**
   * Publishes a command. Blocks for at most {@code max.block.ms}, while the buffer is full or the
   * topic is not known yet; before that, for as long again at most, while there is no room in the
   * budget for writes that wait to be applied; and at the first write until Kafka has said where
   * the receipts end.
   *
   * <p>The future completes on Kafka's network thread: continue with an {@code …Async} stage if
   * there is anything to do that takes time. It completes exceptionally with the cause: {@link
   * BacklogException} when there is no room, otherwise a {@link KafkaException} as a rule, when
   * Kafka refused the command or did not answer in time; after a timeout the command may have been
   * accepted all the same, so publishing it again is right for anything but a delta without an id.
   *
   * <p>With OpenTelemetry's API on the class path the record carries the trace that the calling
   * thread is in, as {@code traceparent} and {@code tracestate}.
   */
  public CompletableFuture<Accepted> publish(WriteCommand command) {
    return publish(command, null);
  }

  /**
   * Publishes a command whose value a cache shows before Postgres has it.
   *
   * @param shown the key in Redis, in full, which is evicted if the command is refused; null for
   *     none
   */
  @SuppressWarnings("FutureReturnValueIgnored") // the callback tells all that the future would
  public CompletableFuture<Accepted> publish(WriteCommand command, @Nullable String shown) {
    byte[] value = WriteCommandCodec.encode(command);
    if (value.length > WriteCommandCodec.MAX_BYTES) {
      return CompletableFuture.failedFuture(
          new RecordTooLargeException("longer than " + WriteCommandCodec.MAX_BYTES + " bytes"));
    }
    if (receipts != null) {
      var unused = receipts.listen(patience);
    }
    CompletableFuture<Accepted> acceptance = new CompletableFuture<>();
    try {
      backlog.enter(patience);
    } catch (BacklogException e) {
      return CompletableFuture.failedFuture(e);
    }
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, WriteCommandCodec.recordKey(command), value);
    if (shown != null) {
      record.headers().add(Headers.SHOWN, shown.getBytes(StandardCharsets.UTF_8));
    }
    trace.add(record.headers());
    try {
      producer.send(record, (metadata, refusal) -> complete(acceptance, metadata, refusal));
    } catch (KafkaException | IllegalStateException e) {
      // an interrupt, which kafka-clients keeps set; a producer that is closed or broken for good
      backlog.refused();
      acceptance.completeExceptionally(e);
    }
    return acceptance;
  }

  /**
   * What became of writes, of this publisher and any other of the pipeline.
   *
   * @throws IllegalStateException when this publisher writes to no pipeline
   */
  public Receipts receipts() {
    return log();
  }

  /**
   * The ticket of a write that this publisher was told was accepted, best at once: should the topic
   * be made anew, an older one's offset would be taken for the new one's. If Kafka does not say
   * within a few seconds which topic it is, the outcome is unknown.
   *
   * @throws IllegalStateException when this publisher writes to no pipeline
   */
  public String ticket(Accepted accepted) {
    return log().ticket(accepted.partition(), accepted.offset());
  }

  private ReceiptLog log() {
    if (receipts == null) {
      throw new IllegalStateException("without a pipeline there are no receipts");
    }
    return receipts;
  }

  /**
   * Waits for the answers to everything published, for 10 s at most, and releases the connections;
   * what is unanswered then completes exceptionally.
   */
  @Override
  public void close() {
    producer.close(CLOSE_LIMIT);
    if (receipts != null) {
      receipts.close();
    }
  }

  private void complete(
      CompletableFuture<Accepted> acceptance,
      @Nullable RecordMetadata metadata,
      @Nullable Exception refusal) {
    if (refusal != null || metadata == null) {
      backlog.refused();
      acceptance.completeExceptionally(
          refusal == null ? new KafkaException("no answer from Kafka") : refusal);
    } else {
      backlog.accepted(metadata.partition(), metadata.offset());
      if (receipts != null) {
        receipts.accepted(metadata.partition(), metadata.offset());
      }
      acceptance.complete(new Accepted(metadata.partition(), metadata.offset()));
    }
  }

  /** Where Kafka put an accepted command. */
  public record Accepted(int partition, long offset) {}
}
