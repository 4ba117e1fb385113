package dev.cachetide.benchmarks.writes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.sandbox.Sandbox;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * One loop, by hand, for one table: poll, Jackson, the last command of each row, unnest, commit to
 * Postgres and then to Kafka. At least once, no check of what it reads, nothing parked.
 */
final class HandWritten implements Runnable {

  private final Sandbox sandbox;
  private final Topic topic;
  private final int commands;
  private final int batchRows;
  private final ObjectMapper mapper = new ObjectMapper();

  HandWritten(Sandbox sandbox, Topic topic, int commands, int batchRows) {
    this.sandbox = sandbox;
    this.topic = topic;
    this.commands = commands;
    this.batchRows = batchRows;
  }

  @Override
  public void run() {
    List<TopicPartition> partitions =
        IntStream.range(0, Topic.PARTITIONS)
            .mapToObj(i -> new TopicPartition(topic.name(), i))
            .toList();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer();
        Connection connection = sandbox.postgres().connect()) {
      connection.setAutoCommit(false);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      loop(consumer, connection);
    } catch (SQLException | IOException e) {
      throw new IllegalStateException("the hand-written loop failed", e);
    }
  }

  private void loop(KafkaConsumer<byte[], byte[]> consumer, Connection connection)
      throws SQLException, IOException {
    try (Unnest upsert = new Unnest(connection)) {
      int done = 0;
      while (done < commands) {
        ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofMillis(100));
        if (polled.isEmpty()) {
          continue;
        }
        Map<Long, Row> rows = new LinkedHashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : polled) {
          Row row = read(record.value());
          rows.put(row.id(), row);
        }
        upsert.write(rows.values());
        connection.commit();
        consumer.commitAsync();
        done += polled.count();
      }
    }
  }

  private Row read(byte[] value) throws IOException {
    JsonNode command = mapper.readTree(value);
    JsonNode set = command.get("set");
    return new Row(
        command.get("key").get("id").longValue(),
        set.get("name").textValue(),
        set.get("price").decimalValue(),
        set.get("stock").intValue());
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    return new KafkaConsumer<>(
        Map.of(
            "bootstrap.servers",
            sandbox.kafka().bootstrapServers(),
            "group.id",
            "hand-written",
            "enable.auto.commit",
            false,
            "max.poll.records",
            batchRows),
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
  }
}
