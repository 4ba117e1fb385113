package dev.cachetide.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/** Reads one topic from its beginning. */
final class Topic {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final String servers;
  private final String name;

  Topic(String servers, String name) {
    this.servers = servers;
    this.name = name;
  }

  /** Everything in the topic once it satisfies the condition. */
  List<Event> until(String what, Predicate<List<Event>> condition) {
    List<Event> events = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      long deadline = System.nanoTime() + LIMIT.toNanos();
      while (!condition.test(events)) {
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError(name + " never held " + what + " but " + events);
        }
        consumer.poll(Duration.ofMillis(50)).forEach(record -> events.add(event(record)));
      }
    }
    return events;
  }

  /** Everything in the topic once it holds so many events. */
  List<Event> first(int count) {
    return until(count + " events", events -> events.size() >= count);
  }

  /** The latest state of the topic, without waiting for more. */
  List<Event> now() {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
      List<Event> events = new ArrayList<>();
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        consumer.poll(Duration.ofMillis(50)).forEach(record -> events.add(event(record)));
      }
      return events;
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", servers, "auto.offset.reset", "earliest"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        consumer.partitionsFor(name).stream()
            .map(info -> new TopicPartition(name, info.partition()))
            .sorted(Comparator.comparing(TopicPartition::partition))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return consumer;
  }

  private static Event event(ConsumerRecord<byte[], byte[]> record) {
    Map<String, String> headers = new TreeMap<>();
    record
        .headers()
        .forEach(header -> headers.put(header.key(), new String(header.value(), UTF_8)));
    return new Event(record.partition(), json(record.key()), json(record.value()), headers);
  }

  private static JsonNode json(byte @Nullable [] text) {
    try {
      return text == null ? MissingNode.getInstance() : JSON.readTree(new String(text, UTF_8));
    } catch (JsonProcessingException e) {
      throw new AssertionError("not JSON", e);
    }
  }

  /** A change event as a consumer sees it; a key that is not there is a missing node. */
  record Event(int partition, JsonNode key, JsonNode value, Map<String, String> headers) {

    String op() {
      return value.path("op").asText();
    }

    JsonNode before() {
      return value.path("before");
    }

    JsonNode after() {
      return value.path("after");
    }
  }
}
