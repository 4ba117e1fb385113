package dev.cachetide.cli.demo;

import java.time.Duration;
import java.util.List;

/** What happens to single rows. */
final class RowScenes {

  private static final int CHANGES = 300;

  private RowScenes() {}

  static List<Scene> all() {
    return List.of(
        new ManyChanges(), new EmailChange(), new KeyChange(), new RolledBack(), new Deleted());
  }

  /** The measured one: one row, one commit, one key, again and again. */
  private static final class ManyChanges implements Scene {
    @Override
    public String title() {
      return CHANGES + " single-row commits, one after the other, and as many before to warm up";
    }

    @Override
    public String play(Stage stage) throws Exception {
      List<String> key = List.of("product:1");
      for (int i = -CHANGES; i < CHANGES; i++) {
        stage.cache().set(key);
        long committed =
            stage.database().commit("UPDATE products SET stock = stock + 1 WHERE id = 1");
        Duration took = stage.cache().awaitGone(key, committed);
        if (i >= 0) {
          stage.latencies().add(took);
        }
      }
      return String.format(
          "product:1 left Redis each time, p50 %.1f ms, p99 %.1f ms after commit",
          stage.latencies().percentileMillis(50), stage.latencies().percentileMillis(99));
    }
  }

  private static final class EmailChange implements Scene {
    @Override
    public String title() {
      return "a user changes e-mail address";
    }

    @Override
    public String play(Stage stage) throws Exception {
      List<String> leaving =
          List.of("user:1", "user:email:ada@example.com", "user:email:lovelace@example.com");
      List<String> staying = List.of("user:2", "user:email:grace@example.com", "user:10");
      stage.cache().set(leaving);
      stage.cache().set(staying);
      long committed =
          stage.database().commit("UPDATE users SET email = 'lovelace@example.com' WHERE id = 1");
      var took = stage.cache().awaitGone(leaving, committed);
      stage.cache().requirePresent(staying);
      return "the old and the new e-mail key and user:1 left, others stayed" + Stage.after(took);
    }
  }

  private static final class KeyChange implements Scene {
    @Override
    public String title() {
      return "a primary key changes";
    }

    @Override
    public String play(Stage stage) throws Exception {
      List<String> leaving = List.of("user:3", "user:33");
      stage.cache().set(leaving);
      long committed = stage.database().commit("UPDATE users SET id = 33 WHERE id = 3");
      return "user:3 and user:33 left" + Stage.after(stage.cache().awaitGone(leaving, committed));
    }
  }

  private static final class RolledBack implements Scene {
    @Override
    public String title() {
      return "a transaction rolls back, the next one commits";
    }

    @Override
    public String play(Stage stage) throws Exception {
      // The committed change is of the same row: once its own key has left, everything that the
      // rolled-back transaction could have caused in this partition would have happened before.
      List<String> staying = List.of("user:email:never@example.com");
      List<String> leaving = List.of("user:2");
      stage.cache().set(staying);
      stage.cache().set(leaving);
      stage.database().rollback("UPDATE users SET email = 'never@example.com' WHERE id = 2");
      stage.cache().requirePresent(leaving);
      long committed = stage.database().commit("UPDATE users SET name = 'Grace H.' WHERE id = 2");
      stage.cache().awaitGone(leaving, committed);
      stage.cache().requirePresent(staying);
      return "nothing left for the first, user:2 left for the second";
    }
  }

  private static final class Deleted implements Scene {
    @Override
    public String title() {
      return "a row is deleted";
    }

    @Override
    public String play(Stage stage) throws Exception {
      List<String> leaving = List.of("order:2", "orders:user:2");
      List<String> staying = List.of("order:1", "orders:user:1");
      stage.cache().set(leaving);
      stage.cache().set(staying);
      long committed = stage.database().commit("DELETE FROM orders WHERE id = 2");
      var took = stage.cache().awaitGone(leaving, committed);
      stage.cache().requirePresent(staying);
      return "order:2 and orders:user:2 left, other orders stayed" + Stage.after(took);
    }
  }
}
