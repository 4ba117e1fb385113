package dev.cachetide.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.ingest.CdcIngest;
import dev.cachetide.invalidation.InvalidationWorker;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.SettingsLoader;
import dev.cachetide.sandbox.Sandbox;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The heartbeat's way from Postgres to Redis, and what every worker makes of it. */
final class CanaryIT {

  private static final String RULES =
      """
      ingest: { heartbeat: 500ms, partitions: 2 }
      invalidation: { canaryLimit: 4s, source: %s }
      rules:
        - name: users
          source: { schema: public, table: users }
          evict: [ { key: "user:{id}" } ]
      """;

  @TempDir private Path directory;

  @Test
  void every_worker_knows_how_old_what_has_come_through_is() throws Exception {
    try (Sandbox sandbox = Sandbox.start()) {
      PipelineSettings settings = settings(sandbox, "cachetide");
      MeterRegistry one = new SimpleMeterRegistry();
      MeterRegistry two = new SimpleMeterRegistry();
      try (Program first = new InvalidationWorker(settings, one);
          Program second = new InvalidationWorker(settings, two)) {
        first.start();
        second.start();
        try (Program ingest = new CdcIngest(settings, new SimpleMeterRegistry())) {
          ingest.start();
          soon().until(() -> age(one) < 2 && age(two) < 2 && ready(first) && ready(second));
          soon().until(() -> owned(one) + owned(two) == 1);
          soon().until(() -> delays(one) + delays(two) > 0);
        }
        // ingest is gone: nobody is at fault here, and nobody is to be restarted for it
        soon().until(() -> !ready(first) && !ready(second));
        assertThat(List.of(age(one), age(two))).allMatch(age -> age >= 4);
        assertThat(first.readiness().reason()).contains("heartbeat of ingest");
        assertThat(first.alive() && second.alive()).isTrue();
        try (Program again = new CdcIngest(settings, new SimpleMeterRegistry())) {
          again.start();
          soon().until(() -> ready(first) && ready(second));
          assertThat(List.of(age(one), age(two))).allMatch(age -> age < 4);
        }
      }
    }
  }

  @Test
  void without_an_ingest_of_its_own_a_worker_says_that_it_has_none() throws Exception {
    try (Sandbox sandbox = Sandbox.start()) {
      PipelineSettings settings = settings(sandbox, "debezium");
      MeterRegistry registry = new SimpleMeterRegistry();
      try (Program worker = new InvalidationWorker(settings, registry)) {
        worker.start();
        soon().until(() -> ready(worker));
        assertThat(worker.readiness().reason()).contains("no canary");
        assertThat(age(registry)).isNaN();
      }
    }
  }

  private PipelineSettings settings(Sandbox sandbox, String source) throws Exception {
    try (Connection connection = sandbox.postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE users (id int PRIMARY KEY, email text)");
    }
    Path file = PipelineFile.on(sandbox).body(RULES.formatted(source)).write(directory);
    return ((LoadedSettings.Loaded) SettingsLoader.load(file, Map.of())).settings();
  }

  private static boolean ready(Program program) {
    return program.readiness().ready();
  }

  private static double age(MeterRegistry registry) {
    return registry.get("cachetide.canary.age.seconds").gauge().value();
  }

  private static double owned(MeterRegistry registry) {
    return registry.get("cachetide.canary.owned").gauge().value();
  }

  private static long delays(MeterRegistry registry) {
    return registry.get("cachetide.canary.delay").timer().count();
  }

  private static ConditionFactory soon() {
    return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(100));
  }
}
