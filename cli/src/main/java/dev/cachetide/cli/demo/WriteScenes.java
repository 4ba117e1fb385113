package dev.cachetide.cli.demo;

import dev.cachetide.cli.demo.Scene.CheckFailed;
import dev.cachetide.wire.WriteCommand;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What happens to writes that the application publishes. */
final class WriteScenes {

  private WriteScenes() {}

  static List<Scene> all() {
    return List.of(new Landed(), new Storm(), new Killed(), new Bad());
  }

  private static Map<String, Object> product(int id) {
    return Map.of("id", id);
  }

  private static void require(boolean condition, String otherwise) throws CheckFailed {
    if (!condition) {
      throw new CheckFailed(otherwise);
    }
  }

  /** A write lands in Postgres, and its own change leaves Redis through the same pipeline. */
  private static final class Landed implements Scene {
    @Override
    public String title() {
      return "the application publishes a write";
    }

    @Override
    public String play(Stage stage) throws Exception {
      stage.cache().set(List.of("user:7"));
      long published = System.nanoTime();
      stage
          .writes()
          .publish(
              WriteCommand.upsert(
                  "public.users",
                  Map.of("id", 7),
                  Map.of("name", "Barbara", "email", "barbara@example.com")));
      stage.writes().awaitAccepted();
      stage.writes().awaitDone();
      require(
          stage.database().number("SELECT count(*) FROM users WHERE name = 'Barbara'") == 1,
          "the row is not in Postgres");
      var took = stage.cache().awaitGone(List.of("user:7"), published);
      return String.format(
          "the row is in Postgres and user:7 left Redis, %.0f ms after publishing",
          took.toNanos() / 1e6);
    }
  }

  private static final class Storm implements Scene {
    private static final int WRITES = 20_000;
    private static final int ROWS = 20;
    private static final int FIRST = 1_000;

    @Override
    public String title() {
      return String.format("%,d writes overwrite %d rows", WRITES, ROWS);
    }

    @Override
    public String play(Stage stage) throws Exception {
      List<String> keys = IntStream.range(0, ROWS).mapToObj(i -> "product:" + (FIRST + i)).toList();
      stage.cache().set(keys);
      long before = stage.captured().getAsLong();
      for (int i = 1; i <= WRITES; i++) {
        stage
            .writes()
            .publish(
                WriteCommand.update(
                    "public.products", product(FIRST + i % ROWS), Map.of("stock", i)));
      }
      stage.writes().awaitAccepted();
      stage.writes().awaitDone();
      long last =
          stage
              .database()
              .number(
                  "SELECT count(*) FROM products WHERE id >= %d AND id < %d AND stock > %d"
                      .formatted(FIRST, FIRST + ROWS, WRITES - ROWS));
      require(last == ROWS, "only " + last + " of " + ROWS + " rows hold their last value");
      // A last change of each row: once its key has left, everything before it was captured.
      stage.cache().set(keys);
      long committed =
          stage
              .database()
              .commit(
                  "UPDATE products SET name = name WHERE id >= %d AND id < %d"
                      .formatted(FIRST, FIRST + ROWS));
      stage.cache().awaitGone(keys, committed);
      long changes = stage.captured().getAsLong() - before - ROWS;
      require(changes >= ROWS && changes < WRITES / 2, changes + " row changes were captured");
      return String.format("each row holds its last value, after %,d row changes", changes);
    }
  }

  /** Increments are the writes that would show a repetition. */
  private static final class Killed implements Scene {
    private static final int WRITES = 20_000;

    @Override
    public String title() {
      return String.format("kill -9 during %,d increments, and a new worker", WRITES);
    }

    @Override
    public String play(Stage stage) throws Exception {
      stage.database().commit("UPDATE products SET stock = 0 WHERE id IN (1, 2)");
      for (int i = 0; i < WRITES; i++) {
        stage
            .writes()
            .publish(WriteCommand.delta("public.products", product(1 + i % 2), Map.of("stock", 1)));
        if (i == WRITES / 2) {
          stage.worker().kill();
        }
      }
      stage.writes().awaitAccepted();
      long left = stage.writes().accepted() - stage.writes().done();
      require(left > 0, "the worker was killed too late to leave anything");
      stage.worker().start();
      stage.writes().awaitDone();
      long counted = stage.database().number("SELECT sum(stock) FROM products WHERE id IN (1, 2)");
      require(counted == WRITES, "counted " + counted + " instead of " + WRITES);
      return String.format(
          "the new worker took over the %,d that were left; %,d counted, each once", left, counted);
    }
  }

  private static final class Bad implements Scene {
    @Override
    public String title() {
      return "a write that Postgres refuses, between two good ones";
    }

    @Override
    public String play(Stage stage) throws Exception {
      stage.writes().publish(price(3, "10.00"));
      stage.writes().publish(price(2, "-1.00"));
      stage.writes().publish(price(3, "11.00"));
      stage.writes().awaitAccepted();
      stage.writes().awaitDone();
      require(
          stage.database().number("SELECT count(*) FROM products WHERE id = 3 AND price = 11") == 1,
          "the good writes did not land");
      require(stage.writes().parked() == 1, stage.writes().parked() + " dead letters, expected 1");
      require(
          stage
                  .database()
                  .number("SELECT count(*) FROM cachetide.dead_letter WHERE sqlstate = '23514'")
              == 1,
          "the dead letter does not name the violated constraint");
      return "the good ones landed; the bad one is a dead letter with its reason";
    }

    private static WriteCommand price(int id, String price) {
      return WriteCommand.update("public.products", product(id), Map.of("price", price));
    }
  }
}
