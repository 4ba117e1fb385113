package dev.cachetide.system.race;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.ingest.CdcIngest;
import dev.cachetide.ingest.UngatedIngest;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.sandbox.Sandbox;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A commit that waits for its synchronous standby is in the WAL, and nobody can read it. Whoever
 * reads now rightly caches the old row; it depends on the gate whether that is mended.
 */
final class StalledStandbyIT {

  private static final Duration SOON = Duration.ofSeconds(20);

  private static Sandbox sandbox;
  private static HotRows rows;
  private CompletableFuture<Void> update = CompletableFuture.completedFuture(null);

  @BeforeAll
  static void start() {
    sandbox = Sandbox.start();
    rows = new HotRows(sandbox.postgres());
  }

  @AfterAll
  static void stop() {
    rows.close();
    sandbox.close();
  }

  @AfterEach
  void release() {
    standbys("");
    update.orTimeout(SOON.toSeconds(), TimeUnit.SECONDS).join();
  }

  @Test
  void what_was_read_while_an_update_waited_for_its_standby_is_fresh_after_its_release()
      throws Exception {
    try (World world = new World("stalled", CdcIngest::new)) {
      hang(1);
      assertThat(world.read(1)).isEqualTo(0);
      assertThat(world.cache.cached(1)).hasValue(0);
      assertThat(world.fence.of(1)).isEqualTo(0);
      release();
      await().atMost(SOON).pollInterval(Duration.ofMillis(1)).until(() -> world.fence.of(1) == 1);
      assertThat(world.read(1)).isEqualTo(1);
      assertThat(world.cache.cached(1)).hasValue(1);
    }
  }

  @Test
  void without_the_gate_the_old_row_is_still_cached_after_the_release() throws Exception {
    try (World world = new World("stalled_without_gate", UngatedIngest::of)) {
      hang(2);
      await().atMost(SOON).pollInterval(Duration.ofMillis(1)).until(() -> world.fence.of(2) == 1);
      assertThat(world.read(2)).isEqualTo(0);
      release();
      assertThat(rows.load(2).version()).isEqualTo(1);
      assertThat(world.read(2)).isEqualTo(0);
    }
  }

  private void hang(int id) {
    standbys("nobody");
    update = CompletableFuture.runAsync(() -> rows.increment(id));
    await()
        .atMost(SOON)
        .until(
            () ->
                rows.ask(
                        "SELECT count(*) FROM pg_stat_activity"
                            + " WHERE wait_event = 'SyncRep' AND query LIKE 'UPDATE hot%'")
                    .equals("1"));
  }

  private static void standbys(String names) {
    rows.run(
        "ALTER SYSTEM SET synchronous_standby_names = '" + names + "'", "SELECT pg_reload_conf()");
    await().atMost(SOON).until(() -> rows.ask("SHOW synchronous_standby_names").equals(names));
  }

  /** A pipeline, a cache in front of it and a fence beside it. */
  private static final class World implements AutoCloseable {
    private final Fence fence = new Fence(rows.versions());
    private final LibraryCache cache;
    private final RacePipeline pipeline;
    private final Acknowledgements acknowledgements;
    private final ChangeTap tap;

    World(String name, BiFunction<PipelineSettings, MeterRegistry, Program> ingest)
        throws InterruptedException {
      pipeline = new RacePipeline(sandbox, rows, name, ingest);
      cache = LibraryCache.on(sandbox.redis().uri(), pipeline);
      acknowledgements = new Acknowledgements(sandbox, pipeline.names, fence);
      tap =
          new ChangeTap(
              sandbox.kafka().bootstrapServers(),
              pipeline.topic(),
              fence,
              cache,
              0,
              new SplittableRandom());
    }

    long read(int id) {
      return cache.read(id, rows::load);
    }

    @Override
    public void close() {
      tap.close();
      acknowledgements.close();
      cache.close();
      pipeline.close();
    }
  }
}
