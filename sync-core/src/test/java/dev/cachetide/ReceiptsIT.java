package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cachetide.WritePublisher.Accepted;
import dev.cachetide.sandbox.SandboxKafka;
import dev.cachetide.wire.BatchReceipt.Rejection;
import dev.cachetide.wire.WriteCommand;
import java.time.Duration;
import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a writer, and anybody with its ticket, learns of a write, on a real Kafka. */
final class ReceiptsIT {

  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Outcome APPLIED = new Outcome.Applied(7, "0/7");
  private static final WriteCommand COMMAND =
      WriteCommand.upsert("public.users", Map.of("id", 7), Map.of("name", "Ada"));

  private static SandboxKafka kafka;
  private static int pipelines;

  private IngestStandIn ingest;

  @BeforeAll
  static void startKafka() {
    kafka = SandboxKafka.builder().start();
  }

  @AfterAll
  static void stopKafka() {
    kafka.close();
  }

  @BeforeEach
  void createTopics() throws Exception {
    pipelines++;
    ingest = new IngestStandIn("receipts" + pipelines, kafka.bootstrapServers());
    ingest.createTopic(ingest.names.writeTopic(), 1);
  }

  @AfterEach
  void close() {
    ingest.close();
  }

  private WritePublisher publisher(long backlog, Object maxBlockMillis) {
    return new WritePublisher(
        ingest.names,
        Map.of("bootstrap.servers", kafka.bootstrapServers(), "max.block.ms", maxBlockMillis),
        backlog);
  }

  private WritePublisher publisher() {
    return publisher(WritePublisher.BACKLOG, 5_000);
  }

  private static String ticket(WritePublisher writer) {
    Accepted accepted = writer.publish(COMMAND).join();
    return writer.ticket(accepted);
  }

  @Test
  void a_write_is_polled_awaited_and_called_back_for() throws Exception {
    ingest.createTopic(ingest.names.receiptTopic(), 1);
    try (WritePublisher writer = publisher()) {
      String ticket = ticket(writer);
      Receipts receipts = writer.receipts();
      assertThat(receipts.outcome(ticket)).isEqualTo(new Outcome.Pending());
      assertThat(receipts.await(ticket, Duration.ofMillis(50))).isEqualTo(new Outcome.Pending());
      CompletableFuture<Outcome> decision = receipts.decision(ticket);
      ingest.applied(0, 0, 1);
      assertThat(decision.get(20, TimeUnit.SECONDS)).isEqualTo(APPLIED);
      assertThat(receipts.outcome(ticket)).isEqualTo(APPLIED);
      assertThat(receipts.await(ticket, LONG)).isEqualTo(APPLIED);
    }
  }

  @Test
  void every_way_to_end_is_told() throws Exception {
    ingest.createTopic(ingest.names.receiptTopic(), 1);
    try (WritePublisher writer = publisher()) {
      String first = ticket(writer);
      String second = ticket(writer);
      String third = ticket(writer);
      BitSet superseded = new BitSet();
      superseded.set(0);
      ingest.tell(
          ingest.topicId(),
          0,
          0,
          3,
          superseded,
          new Rejection(1, null, false, "row does not exist", "23503"),
          new Rejection(2, null, true, "another version", null));
      assertThat(writer.receipts().await(first, LONG)).isEqualTo(new Outcome.Superseded(7, "0/7"));
      assertThat(writer.receipts().await(second, LONG))
          .isEqualTo(new Outcome.Rejected("row does not exist", "23503"));
      assertThat(writer.receipts().await(third, LONG))
          .isEqualTo(new Outcome.Conflict("another version"));
    }
  }

  @Test
  void a_topic_of_receipts_that_appears_later_is_read_from_its_beginning() throws Exception {
    try (WritePublisher writer = publisher()) {
      String ticket = ticket(writer);
      assertThat(writer.receipts().await(ticket, Duration.ofMillis(300)))
          .isEqualTo(new Outcome.Pending());
      ingest.createTopic(ingest.names.receiptTopic(), 1);
      ingest.applied(0, 0, 1);
      assertThat(writer.receipts().await(ticket, LONG)).isEqualTo(APPLIED);
    }
  }

  @Test
  void a_ticket_is_understood_by_a_process_that_starts_later() throws Exception {
    ingest.createTopic(ingest.names.receiptTopic(), 1);
    String decided;
    String pending;
    try (WritePublisher writer = publisher()) {
      decided = ticket(writer);
      for (int i = 1; i < 500; i++) {
        ticket(writer);
      }
      pending = ticket(writer);
      for (int i = 0; i < 500; i++) {
        ingest.applied(0, i, i + 1);
      }
    }
    try (WritePublisher reader = publisher()) {
      assertThat(reader.receipts().await(decided, LONG)).isEqualTo(APPLIED);
      assertThat(reader.receipts().outcome(pending)).isEqualTo(new Outcome.Pending());
      var decision = reader.receipts().decision(pending);
      ingest.applied(0, 500, 501);
      assertThat(decision.get(20, TimeUnit.SECONDS)).isEqualTo(APPLIED);
    }
    try (WritePublisher poller = publisher()) {
      await().atMost(LONG).until(() -> poller.receipts().outcome(decided).equals(APPLIED));
    }
  }

  @Test
  void the_offsets_of_a_topic_that_was_made_anew_are_not_mixed_up() throws Exception {
    ingest.createTopic(ingest.names.receiptTopic(), 1);
    try (WritePublisher writer = publisher()) {
      String before = ticket(writer);
      String lost = ticket(writer);
      ingest.applied(0, 0, 1);
      assertThat(writer.receipts().await(before, LONG)).isEqualTo(APPLIED);
      ingest.deleteTopic(ingest.names.writeTopic());
      await()
          .atMost(LONG)
          .ignoreExceptions()
          .untilAsserted(() -> ingest.createTopic(ingest.names.writeTopic(), 1));
      await().atMost(LONG).until(() -> ticketOrNone(writer).endsWith(".0.0"));
      String after = ingest.topicId() + ".0.0";
      assertThat(writer.receipts().outcome(after)).isEqualTo(new Outcome.Pending());
      ingest.applied(0, 0, 1, new Rejection(0, null, false, "no", null));
      assertThat(writer.receipts().await(after, LONG)).isEqualTo(new Outcome.Rejected("no", null));
      assertThat(writer.receipts().outcome(before)).isEqualTo(APPLIED);
      assertThat(writer.receipts().await(lost, LONG)).isInstanceOf(Outcome.Unknown.class);
    }
  }

  private static String ticketOrNone(WritePublisher writer) {
    try {
      return ticket(writer);
    } catch (RuntimeException e) {
      return "";
    }
  }

  @Test
  void more_writes_than_the_budget_are_refused_until_some_are_applied() throws Exception {
    ingest.createTopic(ingest.names.receiptTopic(), 1);
    try (WritePublisher writer = publisher(5, 300)) {
      for (int i = 0; i < 5; i++) {
        writer.publish(COMMAND).join();
      }
      assertThatThrownBy(() -> writer.publish(COMMAND).join())
          .hasCauseInstanceOf(BacklogException.class)
          .hasMessageContaining("5 writes wait to be applied");
      ingest.applied(0, 0, 2);
      await().atMost(LONG).until(() -> !writer.publish(COMMAND).isCompletedExceptionally());
    }
  }

  @Test
  void what_is_no_ticket_is_refused() {
    try (WritePublisher writer = publisher()) {
      for (String text : new String[] {"", "a", "a.b.c", "id.0.-1", "id.0.99999999999999999999"}) {
        assertThatThrownBy(() -> writer.receipts().outcome(text))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }
}
