package dev.cachetide.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.wire.BatchReceipt;
import dev.cachetide.wire.BatchReceipt.Rejection;
import dev.cachetide.wire.BatchReceiptCodec;
import dev.cachetide.wire.ChannelMessage;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.InvalidationCodec;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What became of write commands, from the worker's table to the topic. */
class ReceiptsIT {

  private static final World world = new World("receipts", "receipts.item");
  private static CdcIngest ingest = world.ingest();

  @BeforeAll
  static void start() throws SQLException {
    World.execute(
        "CREATE SCHEMA receipts", "CREATE TABLE receipts.item (id int PRIMARY KEY, v text)");
    ingest = world.running();
  }

  @AfterAll
  static void stop() {
    ingest.close();
  }

  @Test
  void a_receipt_is_published_in_order_with_a_position_behind_its_commit() throws Exception {
    long before = Long.parseLong(World.one("SELECT pg_current_wal_insert_lsn() - '0/0'"));
    write(
        0,
        5,
        9,
        "'\\x0a'",
        "'[{\"offset\":7,\"id\":\"mine\",\"outcome\":\"conflict\","
            + "\"reason\":\"another version\"}]'",
        "NULL");
    String commit = World.one("SELECT pg_current_wal_insert_lsn()");
    write(0, 9, 10, "NULL", "NULL", "NULL");
    List<BatchReceipt> receipts = receipts("topic-0", 2);
    BatchReceipt first = receipts.get(0);
    assertThat(first.topic()).isEqualTo("receipts.writes");
    assertThat(first.first()).isEqualTo(5);
    assertThat(first.next()).isEqualTo(9);
    assertThat(first.isSuperseded(6) && first.isSuperseded(8)).isTrue();
    assertThat(first.isSuperseded(5) || first.isSuperseded(7)).isFalse();
    assertThat(first.rejected())
        .containsExactly(new Rejection(7, "mine", true, "another version", null));
    assertThat(World.one("SELECT ('" + first.lsn() + "'::pg_lsn - '0/0') > " + before))
        .isEqualTo("t");
    assertThat(World.one("SELECT '" + receipts.get(1).lsn() + "'::pg_lsn > '" + commit + "'"))
        .isEqualTo("t");
    assertThat(Instant.parse(first.committed())).isAfter(Instant.now().minusSeconds(60));
    assertThat(receipts.get(1).first()).isEqualTo(9);
    assertThat(receipts.get(1).xid()).isGreaterThan(first.xid());
  }

  @Test
  void another_groups_receipts_and_old_rows_are_not_published() throws Exception {
    World.execute(
        "INSERT INTO cachetide.receipt VALUES ('other', 't', 1, 0, 1, 'topic-1',"
            + " pg_current_xact_id()::text::bigint)",
        "INSERT INTO cachetide.receipt VALUES ('receipts.write-behind', 't', 1, 0, 2, 'topic-1', 4)");
    write(1, 20, 21, "NULL", "NULL", "NULL");
    World.execute(
        "UPDATE cachetide.receipt SET topic = 'renamed' WHERE topic_id = 'topic-1'",
        "DELETE FROM cachetide.receipt WHERE topic_id = 'topic-1'");
    write(1, 21, 22, "NULL", "NULL", "NULL");
    assertThat(receipts("topic-1", 2)).extracting(BatchReceipt::first).containsExactly(20L, 21L);
  }

  @Test
  void what_a_refused_write_showed_is_asked_to_leave_before_the_receipt_says_so() throws Exception {
    write(2, 0, 1, "NULL", "NULL", "ARRAY['user:7', 'user:\"8\"']");
    receipts("topic-2", 1);
    List<Invalidation> asked = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : read(world.names().invalidationTopic(), 2)) {
      asked.add(((ChannelMessage.Single) InvalidationCodec.decode(record.value())).invalidation());
      assertThat(new String(record.key(), UTF_8)).isEqualTo(asked.get(asked.size() - 1).target());
    }
    assertThat(asked)
        .containsExactly(new Invalidation.Key("user:7"), new Invalidation.Key("user:\"8\""));
  }

  @Test
  void a_receipt_that_is_too_long_for_one_record_comes_in_several() throws Exception {
    write(
        3,
        0,
        4_000,
        "NULL",
        "(SELECT jsonb_agg(jsonb_build_object('offset', o, 'outcome', 'rejected',"
            + " 'reason', repeat('x', 500))) FROM generate_series(0, 3999) o)",
        "NULL");
    List<BatchReceipt> stretches = receipts("topic-3", 2);
    assertThat(stretches.get(stretches.size() - 1).next()).isLessThanOrEqualTo(4_000);
    assertThat(stretches.get(1).rejection(stretches.get(0).next())).isPresent();
  }

  @Test
  void the_topic_has_one_partition_and_keeps_its_records_for_the_retention() throws Exception {
    write(4, 0, 1, "NULL", "NULL", "NULL");
    receipts("topic-4", 1);
    String topic = world.names().receiptTopic();
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    try (Admin admin = Admin.create(world.adminProperties())) {
      assertThat(admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions())
          .hasSize(1);
      assertThat(
              admin
                  .describeConfigs(List.of(resource))
                  .all()
                  .get()
                  .get(resource)
                  .get("retention.ms")
                  .value())
          .isEqualTo("604800000");
    }
  }

  @Test
  void a_publication_of_an_earlier_version_learns_of_receipts() throws Exception {
    ingest.close();
    World.execute("ALTER PUBLICATION cachetide_receipts DROP TABLE cachetide.receipt");
    ingest = world.running();
    write(5, 0, 1, "NULL", "NULL", "NULL");
    assertThat(receipts("topic-5", 1)).extracting(BatchReceipt::next).containsExactly(1L);
  }

  /** As the worker does it. */
  private static void write(
      int partition, long first, long next, String superseded, String rejected, String withdrawn)
      throws SQLException {
    World.execute(
        "BEGIN; SAVEPOINT a; INSERT INTO receipts.item VALUES (1, 'a') ON CONFLICT (id) DO UPDATE"
            + " SET v = 'b'; RELEASE a;"
            + (" INSERT INTO cachetide.receipt VALUES ('receipts.write-behind', 'receipts.writes',"
                    + " %d, %d, %d, 'topic-%d', pg_current_xact_id()::text::bigint, %s, %s, %s);")
                .formatted(partition, first, next, partition, superseded, rejected, withdrawn)
            + " COMMIT");
  }

  private static List<BatchReceipt> receipts(String topicId, int count) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    List<BatchReceipt> found = new ArrayList<>();
    for (int enough = 1; found.size() < count && System.nanoTime() < deadline; enough++) {
      found.clear();
      for (ConsumerRecord<byte[], byte[]> record : read(world.names().receiptTopic(), enough)) {
        BatchReceipt receipt = BatchReceiptCodec.decode(record.value());
        if (receipt.topicId().equals(topicId)) {
          assertThat(new String(record.key(), UTF_8))
              .isEqualTo(receipt.topic() + "/" + receipt.partition());
          found.add(receipt);
        }
      }
    }
    assertThat(found).hasSizeGreaterThanOrEqualTo(count);
    return found;
  }

  /** Everything in the topic once there are so many records. */
  private static List<ConsumerRecord<byte[], byte[]>> read(String topic, int count) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", World.sandbox().kafka().bootstrapServers()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      TopicPartition partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
      long deadline = System.nanoTime() + Duration.ofSeconds(2).toNanos();
      while (records.size() < count && System.nanoTime() < deadline) {
        consumer.poll(Duration.ofMillis(50)).forEach(records::add);
      }
      return records;
    }
  }
}
