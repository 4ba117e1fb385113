package dev.cachetide.ingest;

import dev.cachetide.runtime.Backoff;
import dev.cachetide.runtime.KafkaClients;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes a batch, whole and in order, or does not return.
 *
 * <p>The producer retries by itself for as long as it can without reordering. When it gives up on
 * one record, later ones may have been written, so sending the rest would leave an old event of a
 * row behind a newer one: the whole batch is sent again, by a new producer. Duplicates are allowed,
 * and the last copy of the batch stands in order. Used by one thread.
 */
final class KafkaPublisher implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(KafkaPublisher.class);
  private static final Duration DELIVERY_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration MAX_BLOCK = Duration.ofSeconds(5);
  private static final Duration LOOK_EVERY = Duration.ofMillis(200);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

  private final KafkaClients clients;
  private final String clientId;
  private final TopicRepair repair;
  private final Backoff backoff;
  private final IngestState state;
  private final IngestMeters meters;
  private @Nullable KafkaProducer<byte[], byte[]> producer;
  private @Nullable KafkaClientMetrics producerMeters;

  KafkaPublisher(
      KafkaClients clients,
      String clientId,
      TopicRepair repair,
      Backoff backoff,
      IngestState state,
      IngestMeters meters) {
    this.clients = clients;
    this.clientId = clientId;
    this.repair = repair;
    this.backoff = backoff;
    this.state = state;
    this.meters = meters;
  }

  /**
   * Returns once Kafka has acknowledged every record.
   *
   * @param records asked for before each attempt, so that it may ask Kafka for partitions
   * @param stop polled while waiting
   * @throws InterruptedException when stopped or interrupted before that; some records may have
   *     been written
   */
  void publish(Supplier<List<ProducerRecord<byte[], byte[]>>> records, BooleanSupplier stop)
      throws InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        send(records.get(), stop);
        state.waitingFor("");
        return;
      } catch (KafkaException | ExecutionException e) {
        giveUpProducer(e);
        pause(backoff.pause(attempt), stop);
        repairTopics();
        meters.republished();
      }
    }
  }

  /** How many partitions the topic has. */
  int partitions(String topic) {
    return producer().partitionsFor(topic).size();
  }

  @Override
  public void close() {
    forget(CLOSE_TIMEOUT);
  }

  private void send(List<ProducerRecord<byte[], byte[]>> records, BooleanSupplier stop)
      throws ExecutionException, InterruptedException {
    List<Future<RecordMetadata>> sent = new ArrayList<>(records.size());
    for (ProducerRecord<byte[], byte[]> record : records) {
      Future<RecordMetadata> last = producer().send(record);
      sent.add(last);
      if (last.isDone()) {
        // Usually refused, after waiting for a topic that is not there: so will be the others.
        await(last, stop);
      }
    }
    for (Future<RecordMetadata> each : sent) {
      await(each, stop);
    }
  }

  private void await(Future<RecordMetadata> sent, BooleanSupplier stop)
      throws ExecutionException, InterruptedException {
    for (int looks = 0; ; looks++) {
      try {
        sent.get(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException e) {
        // Bounded by the producer's own delivery timeout.
        if (looks > 0) {
          state.waitingFor("waiting for Kafka");
        }
        checkNotStopped(stop);
      }
    }
  }

  private void giveUpProducer(Exception cause) throws InterruptedException {
    if (cause instanceof InterruptException interrupt) {
      throw asInterruption(interrupt);
    }
    state.waitingFor("waiting for Kafka");
    log.atWarn().setCause(cause).log("batch not acknowledged; it will be sent again");
    forget(Duration.ZERO);
  }

  private void forget(Duration limit) {
    if (producer != null) {
      producer.close(limit);
      producer = null;
    }
    if (producerMeters != null) {
      producerMeters.close();
      producerMeters = null;
    }
  }

  private void repairTopics() throws InterruptedException {
    try {
      repair.run();
    } catch (KafkaException | ExecutionException | TimeoutException e) {
      // The next attempt will fail for the same reason, and say so.
      log.atDebug().setCause(e).log("topics cannot be looked after now");
    }
  }

  private static InterruptedException asInterruption(InterruptException e) {
    InterruptedException interruption = new InterruptedException("interrupted while sending");
    interruption.initCause(e);
    return interruption;
  }

  private KafkaProducer<byte[], byte[]> producer() {
    if (producer == null) {
      Map<String, Object> properties = clients.producer(clientId, Duration.ZERO, DELIVERY_TIMEOUT);
      properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, MAX_BLOCK.toMillis());
      producer = new KafkaProducer<>(properties);
      producerMeters = meters.of(producer);
    }
    return producer;
  }

  private static void pause(Duration pause, BooleanSupplier stop) throws InterruptedException {
    long deadline = System.nanoTime() + pause.toNanos();
    while (System.nanoTime() - deadline < 0) {
      checkNotStopped(stop);
      LockSupport.parkNanos(Math.min(LOOK_EVERY.toNanos(), deadline - System.nanoTime()));
    }
  }

  private static void checkNotStopped(BooleanSupplier stop) throws InterruptedException {
    if (stop.getAsBoolean() || Thread.interrupted()) {
      throw new InterruptedException("stopped before Kafka acknowledged the batch");
    }
  }

  /** Makes a topic that somebody deleted anew, or no attempt would ever succeed. */
  interface TopicRepair {

    void run() throws ExecutionException, TimeoutException, InterruptedException;
  }
}
