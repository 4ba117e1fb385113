package dev.cachetide.writebehind;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cachetide.WritePublisher;
import dev.cachetide.runtime.settings.Defaults;
import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.runtime.settings.WriteTableSettings;
import dev.cachetide.runtime.settings.WriteTableSettings.Conflicts;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.TableName;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.writebehind.ParkedWrite.Kind;
import dev.cachetide.writebehind.ParkedWrite.State;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What an operator can do about writes that were not applied, from Kafka to Postgres and back. */
class ParkedWritesIT {

  private static final Duration SOON = Duration.ofSeconds(40);
  private static final PipelineNames NAMES = new PipelineNames("parked");
  private static final List<WriteTableSettings> WRITES =
      List.of(
          Worlds.listed("products", "id"),
          Worlds.listed(Conflicts.OPTIMISTIC, "version", "accounts", "id"));

  private static Sandbox sandbox;
  private static Database db;
  private static WriteBehindWorker worker;
  private static WritePublisher publisher;
  private static ParkedWrites parked;

  @BeforeAll
  static void start() throws Exception {
    sandbox = Sandbox.builder().withoutRedis().start();
    db = new Database(sandbox.postgres());
    db.run(
        "CREATE TABLE products (id int PRIMARY KEY, stock int CHECK (stock >= 0))",
        "CREATE TABLE accounts (id int PRIMARY KEY, n int, version int NOT NULL DEFAULT 1)",
        "INSERT INTO products VALUES (1, 5)",
        "INSERT INTO accounts VALUES (1, 0, 3)");
    Map<String, String> kafka = Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers());
    PostgresSettings postgres = Worlds.postgres(sandbox.postgres().jdbcUrl());
    worker =
        new WriteBehindWorker(
            new PipelineSettings(
                NAMES,
                postgres,
                new KafkaSettings(kafka, Map.of(), Map.of()),
                null,
                Defaults.INGEST,
                Defaults.invalidation(NAMES),
                Defaults.WRITE_BEHIND,
                Defaults.HTTP,
                List.of(),
                WRITES),
            new SimpleMeterRegistry());
    worker.start();
    publisher = new WritePublisher(NAMES, kafka);
    parked = new ParkedWrites(NAMES, postgres, WRITES);
    await().atMost(SOON).until(() -> worker.readiness().ready());
  }

  @AfterAll
  static void stop() throws Exception {
    publisher.close();
    worker.close();
    db.close();
    sandbox.close();
  }

  @Test
  void a_repaired_write_is_replayed_once_however_often_it_is_asked_for() throws Exception {
    ParkedWrite write = park(WriteCommand.delta("products", Map.of("id", 2), Map.of("stock", 4)));
    assertThat(write.reason()).isEqualTo("row does not exist");
    assertThat(write.command()).isNull();
    ParkedWrite whole = parked.read(Kind.DEAD_LETTER, write.id()).orElseThrow();
    assertThat(new String(whole.command(), UTF_8)).contains("\"op\":\"delta\"");
    db.run("INSERT INTO products VALUES (2, 0)");
    parked.replay(Kind.DEAD_LETTER, write.id(), publisher);
    await().atMost(SOON).until(() -> db.one("SELECT stock FROM products WHERE id = 2").equals("4"));
    assertThatThrownBy(() -> parked.replay(Kind.DEAD_LETTER, write.id(), publisher))
        .isInstanceOf(ParkedWriteException.class)
        .hasMessageContaining("was replayed");
    // as after a crash between Kafka's answer and the commit
    db.run("UPDATE cachetide.dead_letter SET state = 'parked' WHERE id = " + write.id());
    applied(parked.replay(Kind.DEAD_LETTER, write.id(), publisher));
    assertThat(db.one("SELECT stock FROM products WHERE id = 2")).isEqualTo("4");
    assertThat(parked.read(Kind.DEAD_LETTER, write.id()).orElseThrow().state())
        .isEqualTo(State.REPLAYED);
    assertThat(db.rows("SELECT id FROM cachetide.write_id WHERE id LIKE 'replay-%'"))
        .contains("replay-" + write.id());
  }

  @Test
  void a_parked_write_keeps_the_trace_that_it_was_published_in() throws Exception {
    String trace = "0af7651916cd43dd8448eb211c80319c";
    Span span =
        Span.wrap(
            SpanContext.create(
                trace, "b7ad6b7169203331", TraceFlags.getSampled(), TraceState.getDefault()));
    WriteCommand refused = WriteCommand.delta("products", Map.of("id", 77), Map.of("stock", 1));
    WriteCommand late =
        new WriteCommand.Update(
            TableName.parse("accounts"), Map.of("id", 1), Map.of("n", 2), null, 1);
    for (WriteCommand command : List.of(refused, late)) {
      applied(
          Context.root().with(span).wrapSupplier(() -> publisher.publish(command)).get().join());
    }
    for (Kind kind : Kind.values()) {
      ParkedWrite write = parked.list(ParkedFilter.of(kind), Long.MAX_VALUE, 1).get(0);
      assertThat(write.traceparent()).isEqualTo("00-" + trace + "-b7ad6b7169203331-01");
      assertThat(parked.read(kind, write.id()).orElseThrow().traceparent()).contains(trace);
    }
    assertThat(park(refused).traceparent()).as("outside of a trace").isNull();
  }

  @Test
  void a_replay_goes_by_the_name_that_the_writer_may_use_again() throws Exception {
    WriteCommand command =
        WriteCommand.delta("products", Map.of("id", 3), Map.of("stock", 1)).withId("order-77");
    ParkedWrite write = park(command);
    assertThat(write.writeId()).isEqualTo("order-77");
    db.run("INSERT INTO products VALUES (3, 0)");
    applied(publisher.publish(command).join());
    applied(parked.replay(Kind.DEAD_LETTER, write.id(), publisher));
    assertThat(db.one("SELECT stock FROM products WHERE id = 3")).isEqualTo("1");
  }

  @Test
  void a_correction_is_checked_before_it_takes_the_commands_place() throws Exception {
    ParkedWrite write = park(WriteCommand.update("products", Map.of("id", 1), Map.of("stock", -1)));
    assertThat(write.sqlState()).isEqualTo("23514");
    for (String bad :
        List.of(
            "nonsense",
            "{\"v\":1,\"op\":\"delete\",\"table\":\"nope\",\"key\":{\"id\":1}}",
            "{\"v\":1,\"op\":\"update\",\"table\":\"products\",\"key\":{\"id\":1},\"set\":{\"x\":1}}")) {
      assertThatThrownBy(() -> parked.fix(Kind.DEAD_LETTER, write.id(), bad.getBytes(UTF_8)))
          .isInstanceOf(ParkedWriteException.class);
    }
    parked.fix(
        Kind.DEAD_LETTER,
        write.id(),
        "{\"v\":1,\"op\":\"update\",\"table\":\"products\",\"key\":{\"id\":1},\"set\":{\"stock\":9}}"
            .getBytes(UTF_8));
    applied(parked.replay(Kind.DEAD_LETTER, write.id(), publisher));
    assertThat(db.one("SELECT stock FROM products WHERE id = 1")).isEqualTo("9");
    assertThatThrownBy(() -> parked.discard(Kind.DEAD_LETTER, write.id()))
        .hasMessageContaining("was replayed");
  }

  @Test
  void a_conflict_is_settled_with_the_version_that_stood_there() throws Exception {
    publish(WriteCommand.update("accounts", Map.of("id", 1), Map.of("n", 5)).withBase(2));
    ParkedWrite write = parked.list(ParkedFilter.of(Kind.CONFLICT), Long.MAX_VALUE, 1).get(0);
    assertThat(write.found()).isEqualTo("3");
    assertThat(write.reason()).isEqualTo("row has another version");
    parked.fix(
        Kind.CONFLICT,
        write.id(),
        ("{\"v\":1,\"op\":\"update\",\"table\":\"accounts\",\"key\":{\"id\":1},\"set\":{\"n\":5},"
                + "\"base\":3}")
            .getBytes(UTF_8));
    applied(parked.replay(Kind.CONFLICT, write.id(), publisher));
    assertThat(db.one("SELECT n, version FROM accounts")).isEqualTo("5|4");
    assertThat(db.rows("SELECT id FROM cachetide.write_id"))
        .contains("replay-conflict-" + write.id());
  }

  @Test
  void pages_and_filters_find_what_was_parked() throws Exception {
    Instant before = Instant.now().minusSeconds(60);
    List<Long> ids = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      ids.add(0, park(WriteCommand.delete("products", Map.of("id", 900 + i))).id());
    }
    ParkedFilter filter =
        ParkedFilter.of(Kind.DEAD_LETTER)
            .in(State.PARKED)
            .of("public.products")
            .because("NOT exist")
            .since(before);
    List<ParkedWrite> first = parked.list(filter, Long.MAX_VALUE, 3);
    List<ParkedWrite> second = parked.list(filter, first.get(2).id(), 2);
    assertThat(first).extracting(ParkedWrite::id).containsExactlyElementsOf(ids.subList(0, 3));
    assertThat(second).extracting(ParkedWrite::id).containsExactlyElementsOf(ids.subList(3, 5));
    parked.discard(Kind.DEAD_LETTER, ids.get(0));
    assertThat(parked.list(filter, Long.MAX_VALUE, 1).get(0).id()).isEqualTo(ids.get(1));
    ParkedWrite discarded = parked.read(Kind.DEAD_LETTER, ids.get(0)).orElseThrow();
    assertThat(discarded.state()).isEqualTo(State.DISCARDED);
    assertThat(discarded.resolvedAt()).isAfterOrEqualTo(discarded.parkedAt());
    assertThatThrownBy(() -> parked.replay(Kind.DEAD_LETTER, ids.get(0), publisher))
        .hasMessageContaining("was discarded");
    assertThat(parked.list(filter.failedWith("42"), Long.MAX_VALUE, 10)).isEmpty();
    assertThat(parked.list(filter.since(Instant.now().plusSeconds(60)), Long.MAX_VALUE, 10))
        .isEmpty();
    assertThat(parked.read(Kind.CONFLICT, 123_456)).isEmpty();
    assertThatThrownBy(() -> parked.discard(Kind.CONFLICT, 123_456))
        .hasMessageContaining("no parked write");
  }

  /** Publishes a write that will not be applied, and waits for it to be parked. */
  private static ParkedWrite park(WriteCommand command) throws Exception {
    publish(command);
    return parked.list(ParkedFilter.of(Kind.DEAD_LETTER), Long.MAX_VALUE, 1).get(0);
  }

  private static void publish(WriteCommand command) throws Exception {
    applied(publisher.publish(command).join());
  }

  private static void applied(WritePublisher.Accepted accepted) {
    String next =
        "SELECT count(*) FROM cachetide.consumer_offset WHERE partition = %d AND next_offset > %d"
            .formatted(accepted.partition(), accepted.offset());
    await().atMost(SOON).until(() -> db.one(next).equals("1"));
  }
}
