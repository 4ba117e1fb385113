package dev.cachetide.invalidation;

import static dev.cachetide.invalidation.Pipeline.header;
import static dev.cachetide.invalidation.Servers.within;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.settings.FanOutSettings;
import dev.cachetide.runtime.settings.FanOutSettings.Through;
import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Events of one table, to keys of another one's rows in a real Redis. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class FanOutIT {

  private static final String AT = "rules[0].fan_out[0]";

  private Servers servers;

  @BeforeAll
  void startServers() throws Exception {
    servers = Servers.start();
    servers.execute(
        "CREATE TABLE products (id bigint PRIMARY KEY, price numeric)",
        "CREATE TABLE lines (id bigint PRIMARY KEY, product_id bigint REFERENCES products)",
        "INSERT INTO products SELECT i, 1 FROM generate_series(1, 1000) i",
        "INSERT INTO lines SELECT i, i FROM generate_series(1, 1000) i",
        "INSERT INTO lines SELECT 2000 + i, 1 FROM generate_series(1, 5) i");
  }

  @AfterAll
  void stopServers() {
    servers.close();
  }

  @BeforeEach
  void empty() {
    servers.redis().flushall();
  }

  private Pipeline pipeline(String name, @Nullable String query, int cap) throws Exception {
    FanOutSettings fanOut =
        new FanOutSettings(
            AT,
            new EvictSettings(AT + ".key", Kind.KEY, "line:{id}"),
            query,
            query == null ? new Through("public", "lines", List.of(), List.of()) : null,
            cap,
            new EvictSettings(AT + ".above.tag", Kind.TAG, "lines-of:{id}"));
    return new Pipeline(
            servers,
            name,
            Source.CACHETIDE,
            new RuleSettings(
                    "rules[0]",
                    "products",
                    "public",
                    "products",
                    List.of(new EvictSettings("rules[0].evict[0].key", "product:{id}")))
                .withFanOut(fanOut),
            Pipeline.rule("lines", "line:{id}"))
        .started();
  }

  private static String touched(int id) {
    return "{\"op\":\"u\",\"after\":{\"id\":" + id + ",\"price\":\"2\"}}";
  }

  @Test
  void a_price_change_takes_the_lines_of_its_product_with_it_and_nothing_else() throws Exception {
    try (Pipeline pipeline = pipeline("prices", null, 1_000)) {
      servers.cache("product:1", "line:1", "line:2001", "line:2005", "line:2", "product:2");
      pipeline.emit("products", touched(1));
      pipeline.awaitCached("line:2", "product:2");
    }
  }

  @Test
  void a_product_with_too_many_lines_takes_their_tag_with_it() throws Exception {
    try (Pipeline pipeline = pipeline("tags", null, 5)) {
      servers.cache("line:2", "line:3", "cachetide:tag:lines-of:1", "cachetide:tag:lines-of:2");
      pipeline.emit("products", touched(1));
      pipeline.emit("products", touched(2));
      pipeline.awaitCached("line:3", "cachetide:tag:lines-of:2");
      assertThat(pipeline.registry.counter("cachetide.invalidation.lookup.capped").count())
          .isEqualTo(1);
    }
  }

  @Test
  void nothing_is_lost_while_postgres_is_cut_off_under_load() throws Exception {
    try (Pipeline pipeline = pipeline("cut", null, 1_000)) {
      for (int id = 1; id <= 1_000; id++) {
        servers.cache("line:" + id);
      }
      servers.cache("line:untouched");
      touchAll(pipeline, 1, 300);
      servers.postgresProxy.cut();
      touchAll(pipeline, 301, 700);
      within(20).until(() -> !pipeline.worker.readiness().ready());
      servers.postgresProxy.restore();
      touchAll(pipeline, 701, 1_000);
      pipeline.awaitCached("line:untouched");
    }
  }

  private static void touchAll(Pipeline pipeline, int from, int to) {
    for (int id = from; id <= to; id++) {
      pipeline.emit("products", touched(id));
    }
  }

  @Test
  void a_lookup_that_takes_too_long_is_widened_and_its_event_parked_and_the_next_goes_on()
      throws Exception {
    String slow =
        "SELECT id FROM lines WHERE product_id = ANY(:id)"
            + " AND (product_id <> 1 OR pg_sleep(30) IS NOT NULL)";
    try (Pipeline pipeline = pipeline("slow", slow, 1_000)) {
      servers.cache("line:1", "line:77", "product:1", "product:2");
      pipeline.emit("products", touched(1));
      var letters = pipeline.deadLetters(1);
      assertThat(letters).hasSize(1);
      assertThat(header(letters.get(0), "stage")).isEqualTo("fan_out");
      assertThat(header(letters.get(0), "exception.message")).startsWith("took longer than");
      pipeline.awaitCached("product:2");
      servers.cache("line:2", "line:3");
      pipeline.emit("products", touched(2));
      pipeline.awaitCached("line:3");
    }
  }
}
