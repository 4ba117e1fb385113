package dev.cachetide.system.race;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Reads the change topic beside the worker: tells the fence which record is about which version,
 * hands events to the cache under test, and has some events published again up to 300 ms later, out
 * of order, as a producer's retry or a restarted ingest would.
 */
final class ChangeTap implements AutoCloseable {

  private static final String AGAIN = "race.again";
  private static final int ODDS = 1_000;
  private static final int LATEST_MILLIS = 300;
  private static final Duration POLL = Duration.ofMillis(100);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final KafkaProducer<byte[], byte[]> producer;
  private final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();
  private final JsonMapper json = new JsonMapper();
  private final LongAdder republished = new LongAdder();
  private final Fence fence;
  private final CacheUnderTest cache;
  private final int again;
  private final SplittableRandom random;
  private final Background reading;

  /**
   * @param again how many of a thousand events are published again
   */
  ChangeTap(
      String servers,
      String topic,
      Fence fence,
      CacheUnderTest cache,
      int again,
      SplittableRandom random) {
    this.again = again;
    this.fence = fence;
    this.cache = cache;
    this.random = random;
    consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", servers, "auto.offset.reset", "earliest"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", servers, "linger.ms", 0),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    reading = new Background("tap", this::read);
  }

  /** How many events were published again. */
  long republished() {
    return republished.sum();
  }

  /** Throws what ended the reading. */
  void failIfEnded() {
    reading.failIfEnded();
  }

  private void read(BooleanSupplier stopped) throws IOException {
    try (consumer) {
      while (!stopped.getAsBoolean()) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          tell(record);
          if (record.headers().lastHeader(AGAIN) == null && random.nextInt(ODDS) < again) {
            var unused =
                later.schedule(
                    () -> publishAgain(record),
                    random.nextInt(LATEST_MILLIS),
                    TimeUnit.MILLISECONDS);
          }
        }
      }
    }
  }

  private void tell(ConsumerRecord<byte[], byte[]> record) throws IOException {
    JsonNode event = json.readTree(record.value());
    JsonNode row = event.path("after");
    if (row.isObject()) {
      int id = row.path("id").intValue();
      cache.changed(id, event.path("source").path("lsn").longValue());
      fence.told(
          record.topic() + "/" + record.partition(),
          record.offset(),
          id,
          row.path("version").longValue());
    }
  }

  private void publishAgain(ConsumerRecord<byte[], byte[]> record) {
    ProducerRecord<byte[], byte[]> copy =
        new ProducerRecord<>(
            record.topic(), record.partition(), record.key(), record.value(), record.headers());
    copy.headers().add(AGAIN, new byte[0]);
    var unused = producer.send(copy);
    republished.increment();
  }

  /** Throws when reading had ended by a failure. */
  @Override
  public void close() {
    later.shutdownNow();
    try (producer) {
      reading.close();
    }
  }
}
