package dev.cachetide.system.writes;

import dev.cachetide.wire.WriteCommand;
import dev.cachetide.wire.WriteCommandCodec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Families that write in turns, as {@code docs/writes.md} has it for rows that need an order. */
final class Script implements AutoCloseable {

  private static final int FAMILIES = 60;

  private final String topic;
  private final Random random;
  private final List<Family> families = new ArrayList<>();
  private final KafkaProducer<byte[], byte[]> producer;
  private long published;

  Script(String bootstrapServers, String topic, long seed, boolean retries) {
    this.topic = topic;
    random = new Random(seed);
    for (int i = 1; i <= FAMILIES; i++) {
      families.add(new Family(i, seed, retries));
    }
    producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers", bootstrapServers,
                "acks", "all",
                "enable.idempotence", "true",
                "max.in.flight.requests.per.connection", "1",
                "linger.ms", "5"),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /** Publishes the next commands and waits until Kafka has accepted them all. */
  void publish(int commands) throws Exception {
    List<Future<RecordMetadata>> sent = new ArrayList<>(commands);
    for (int i = 0; i < commands; i++) {
      Family family = families.get(random.nextInt(FAMILIES));
      WriteCommand command = family.write();
      byte[] key = family.recordKey().getBytes(StandardCharsets.UTF_8);
      sent.add(producer.send(new ProducerRecord<>(topic, key, WriteCommandCodec.encode(command))));
    }
    for (Future<RecordMetadata> acceptance : sent) {
      acceptance.get(60, TimeUnit.SECONDS);
    }
    published += commands;
  }

  /** How many commands Kafka has accepted. */
  long published() {
    return published;
  }

  @Override
  public void close() {
    producer.close();
  }
}
