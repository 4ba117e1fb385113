package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.wire.BatchReceipt.Rejection;
import dev.cachetide.wire.WriteCommand;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Another service reads with a writer's ticket; the worker is held back as the test wants it. */
final class TicketReadIT {

  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration BRIEF = Duration.ofMillis(200);

  private static Sandbox sandbox;
  private static Beats beats;
  private static IngestStandIn ingest;
  private static Cachetide writer;
  private static Cachetide reader;
  private static int caches;

  private String name;
  private volatile String row = "in postgres";
  private final AtomicInteger loads = new AtomicInteger();

  @BeforeAll
  static void start() throws Exception {
    sandbox = Sandbox.builder().withoutPostgres().start();
    ingest = new IngestStandIn("shop", sandbox.kafka().bootstrapServers());
    ingest.createTopic(ingest.names.writeTopic(), 1);
    ingest.createTopic(ingest.names.receiptTopic(), 1);
    beats = new Beats(sandbox.redis().uri(), "shop");
    writer = open();
    reader = open();
  }

  private static Cachetide open() {
    Cachetide opened =
        Cachetide.builder()
            .redis(sandbox.redis().uri())
            .pipeline("shop")
            .kafka(Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()))
            .build();
    await().atMost(Duration.ofSeconds(15)).until(opened::trusted);
    return opened;
  }

  @AfterAll
  static void stop() {
    writer.close();
    reader.close();
    beats.close();
    ingest.close();
    sandbox.close();
  }

  @BeforeEach
  void anotherCache() {
    name = "users" + caches++;
  }

  private Cache<Long, String> users(Cachetide client) {
    return client
        .<Long, String>cache(name, Codec.text())
        .near(100, Duration.ofMinutes(1))
        .loader(
            key -> {
              loads.incrementAndGet();
              return row;
            })
        .build();
  }

  private static WriteCommand command() {
    return WriteCommand.upsert("public.users", Map.of("id", 1), Map.of("name", "x"));
  }

  private void apply(Receipt receipt, Rejection... rejected) throws Exception {
    ingest.applied(receipt.partition(), receipt.offset(), receipt.offset() + 1, rejected);
  }

  @Test
  void a_write_that_the_cache_shows_is_read_before_it_is_applied() {
    Receipt receipt = users(writer).writeBehind().put(1L, command(), "new");
    assertThat(receipt.visible()).isTrue();
    assertThat(users(reader).loadAtLeast(1L, receipt.ticket(), BRIEF)).contains("new");
    assertThat(receipt.outcome()).isEqualTo(new Outcome.Pending());
  }

  @Test
  void a_write_that_the_cache_does_not_show_is_waited_for() throws Exception {
    Cache<Long, String> mine = users(writer);
    Cache<Long, String> theirs = users(reader);
    assertThat(theirs.load(1L)).contains("in postgres");
    Receipt receipt = mine.writeBehind().put(1L, command(), "new");
    theirs.evict(1L);
    assertThat(theirs.load(1L)).as("somebody without a ticket").contains("in postgres");
    assertThatThrownBy(() -> theirs.loadAtLeast(1L, receipt.ticket(), BRIEF))
        .isInstanceOf(NotAppliedException.class)
        .hasMessageContaining(receipt.ticket());
    CompletableFuture<Optional<String>> reading =
        CompletableFuture.supplyAsync(() -> theirs.loadAtLeast(1L, receipt.ticket(), LONG));
    row = "new";
    apply(receipt);
    assertThat(reading.get(20, TimeUnit.SECONDS)).as("L1 and Redis hold the old").contains("new");
    assertThat(receipt.await(LONG)).isInstanceOf(Outcome.Applied.class);
  }

  @Test
  void a_ticket_that_is_shown_again_evicts_nothing() throws Exception {
    Cache<Long, String> theirs = users(reader);
    Receipt receipt = users(writer).writeBehind().put(1L, command(), "new");
    theirs.evict(1L);
    row = "new";
    apply(receipt);
    for (int i = 0; i < 10; i++) {
      assertThat(theirs.loadAtLeast(1L, receipt.ticket(), LONG)).contains("new");
    }
    assertThat(loads).hasValue(1);
  }

  @Test
  void a_load_that_began_before_does_not_serve_a_reader_with_a_ticket() throws Exception {
    Cache<Long, String> mine = users(writer);
    CountDownLatch loading = new CountDownLatch(1);
    CountDownLatch loaded = new CountDownLatch(1);
    Cache<Long, String> theirs =
        reader
            .<Long, String>cache(name, Codec.text())
            .loader(
                key -> {
                  String read = row;
                  if (loading.getCount() > 0) {
                    loading.countDown();
                    loaded.await();
                  }
                  return read;
                })
            .build();
    Receipt receipt = mine.writeBehind().put(1L, command(), "new");
    mine.evict(1L);
    CompletableFuture<Optional<String>> slow = CompletableFuture.supplyAsync(() -> theirs.load(1L));
    loading.await();
    row = "new";
    apply(receipt);
    CompletableFuture<Optional<String>> reading =
        CompletableFuture.supplyAsync(() -> theirs.loadAtLeast(1L, receipt.ticket(), LONG));
    assertThat(receipt.await(LONG)).isInstanceOf(Outcome.Applied.class);
    await().pollDelay(BRIEF).until(() -> true);
    loaded.countDown();
    assertThat(slow.get(20, TimeUnit.SECONDS)).contains("in postgres");
    assertThat(reading.get(20, TimeUnit.SECONDS)).contains("new");
    assertThat(theirs.load(1L)).contains("new");
  }

  @Test
  void a_refused_write_holds_nobody_up_and_is_not_read() throws Exception {
    Cache<Long, String> theirs = users(reader);
    Receipt receipt = users(writer).writeBehind().put(1L, command(), "never");
    theirs.evict(1L);
    apply(receipt, new Rejection(receipt.offset(), null, false, "row does not exist", null));
    assertThat(theirs.loadAtLeast(1L, receipt.ticket(), LONG)).contains("in postgres");
    assertThat(receipt.await(LONG)).isEqualTo(new Outcome.Rejected("row does not exist", null));
  }

  @Test
  void a_later_write_of_the_same_row_that_is_shown_is_good_enough() {
    Cache<Long, String> mine = users(writer);
    Receipt first = mine.writeBehind().put(1L, command(), "first");
    Receipt second = mine.writeBehind().put(1L, command(), "second");
    assertThat(users(reader).loadAtLeast(1L, first.ticket(), BRIEF)).contains("second");
    assertThat(users(reader).loadAtLeast(1L, second.ticket(), BRIEF)).contains("second");
  }

  @Test
  void without_kafka_nobody_knows_of_tickets() {
    try (Cachetide alone = Cachetide.builder().redis(sandbox.redis().uri()).build()) {
      Cache<Long, String> cache =
          alone.<Long, String>cache("alone", Codec.text()).loader(key -> row).build();
      assertThatThrownBy(() -> cache.loadAtLeast(1L, "id.0.1", BRIEF))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(alone::receipts).isInstanceOf(IllegalStateException.class);
    }
  }
}
