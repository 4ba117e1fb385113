package dev.cachetide.runtime.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.postgres.Pause.What;
import dev.cachetide.runtime.postgres.PauseWatch.Concern;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What is paused, by a real server that may be away. */
final class PauseWatchIT {

  private static final Duration SOON = Duration.ofSeconds(30);
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void what_is_known_last_holds_while_postgres_is_away() throws Exception {
    PauseTable table = new PauseTable("shop");
    try (Server server = new Server();
        PauseWatch watch = watch(server)) {
      server.postgres().stop();
      assertThat(watch.ask()).isInstanceOf(Outcome.Transient.class);
      server.postgres().start();
      assertThat(watch.ask()).isEqualTo(Outcome.applied());
      assertThat(watch.role()).isFalse();

      try (Connection connection = server.connector().connect()) {
        CachetideSchema.install(connection);
        assertThat(table.add(connection, pause(What.ROLE, "invalidate", false))).isTrue();
        assertThat(table.add(connection, pause(What.ROLE, "invalidate", false))).isFalse();
        table.add(connection, pause(What.TABLE, "public.users", true));
        new PauseTable("other").add(connection, pause(What.ROLE, "ingest", false));
      }
      watch.start();
      await().atMost(SOON).until(watch::role);
      assertThat(watch.reason()).isEqualTo("paused by operations");
      assertThat(watch.holdsBack("topic of public.users")).isTrue();
      assertThat(watch.state().vouches()).isFalse();
      await().atMost(SOON).until(() -> told.size() == 2);
      assertThat(told).containsExactly("before [invalidate] false", "after [invalidate] true");
      assertThat(registry.get("cachetide.paused").tag("name", "invalidate").gauge().value())
          .isEqualTo(1);

      server.postgres().stop();
      await().during(Duration.ofMillis(1_500)).until(watch::role);
      server.postgres().start();
      try (Connection connection = server.connector().connect()) {
        assertThat(table.remove(connection, What.ROLE, "invalidate")).isPresent();
        assertThat(table.remove(connection, What.ROLE, "invalidate")).isEmpty();
      }
      await().atMost(SOON).until(() -> !watch.role());
      assertThat(watch.reason()).isEqualTo("paused by operations: table public.users");
      assertThat(watch.state().vouches()).isTrue();
      await()
          .atMost(SOON)
          .until(() -> registry.find("cachetide.paused").tag("name", "invalidate").gauge() == null);
      assertThat(server.one("SELECT generation FROM cachetide.generation WHERE scope = '*'"))
          .isEqualTo("1");
    }
  }

  private PauseWatch watch(Server server) {
    PauseWatch[] self = new PauseWatch[1];
    self[0] =
        new PauseWatch(
            server.connector(),
            "shop",
            new Concern(
                "invalidate",
                true,
                name -> "topic of " + name,
                next -> tell("before", next, self[0]),
                next -> tell("after", next, self[0])),
            registry);
    return self[0];
  }

  private void tell(String when, PauseState next, PauseWatch watch) {
    if (next.role("invalidate")) {
      told.add(when + " " + next.names(What.ROLE) + " " + watch.role());
    }
  }

  private static Pause pause(What what, String name, boolean stale) {
    return new Pause(what, name, stale, "test", "somebody", Instant.now());
  }
}
