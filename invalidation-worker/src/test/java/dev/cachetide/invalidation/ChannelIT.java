package dev.cachetide.invalidation;

import static dev.cachetide.invalidation.Envelopes.touched;
import static dev.cachetide.invalidation.Envelopes.user;
import static dev.cachetide.invalidation.Pipeline.rule;
import static dev.cachetide.invalidation.Servers.within;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.wire.ChannelMessage.Beat;
import dev.cachetide.wire.Invalidation;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What an application hears of the worker, over a real Redis. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class ChannelIT {

  private Servers servers;

  @BeforeAll
  void startServers() throws Exception {
    servers = Servers.start();
  }

  @AfterAll
  void stopServers() {
    servers.close();
  }

  @BeforeEach
  void empty() {
    servers.redis().flushall();
  }

  @Test
  void what_leaves_is_told_without_a_hole_while_redis_is_cut_off_and_workers_take_turns()
      throws Exception {
    try (Pipeline pipeline = pipeline("told").started();
        Listener listener = listener(pipeline)) {
      within(10).until(() -> !listener.beats().isEmpty());
      touchAll(pipeline, 0, 300);
      servers.redisProxy.cut();
      touchAll(pipeline, 300, 600);
      within(20).until(() -> !pipeline.worker.readiness().ready());
      servers.redisProxy.restore();
      within(20).until(() -> told(listener, 600));
      pipeline.restartWorker();
      touchAll(pipeline, 600, 900);
      within(20).until(() -> told(listener, 900));
      within(10).until(() -> last(listener).positions().containsValue(899L));
      assertThat(listener.violations()).isEmpty();
      assertThat(last(listener).certified()).containsExactly(runId());
      assertThat(listener.heard).noneMatch(message -> message.timestamp() == 0);
    }
  }

  @Test
  void the_group_s_size_counts_the_topics_that_exist() throws Exception {
    try (Pipeline pipeline = pipeline("sized").started();
        Listener listener = listener(pipeline)) {
      within(10).until(() -> !listener.beats().isEmpty());
      within(20).until(() -> last(listener).partitions() == last(listener).positions().size());
      assertThat(last(listener).positions())
          .containsKeys("sized.public.users/0", "sized.cachetide.generation/0");
    }
  }

  @Test
  void beats_stop_while_postgres_does_not_tell_the_generation_and_evictions_go_on()
      throws Exception {
    try (Pipeline pipeline = pipeline("silent").started();
        Listener listener = listener(pipeline)) {
      within(10).until(() -> !listener.beats().isEmpty());
      servers.postgresProxy.cut();
      Servers.within(10)
          .during(java.time.Duration.ofMillis(1_500))
          .until(() -> listener.beats().size(), new SameAsBefore()::test);
      servers.cache("user:1");
      pipeline.emit("users", touched(user(1, null)));
      within(10).until(() -> servers.cached().isEmpty());
      int before = listener.beats().size();
      servers.postgresProxy.restore();
      within(10).until(() -> listener.beats().size() > before);
    } finally {
      servers.postgresProxy.restore();
    }
  }

  @Test
  void another_start_of_redis_is_told_as_everything_and_certified_with_a_new_generation()
      throws Exception {
    try (Pipeline pipeline = pipeline("again").started()) {
      String before = runId();
      long generation = generation(pipeline);
      servers.redisProxy.cut();
      servers.sandbox.redis().killHard();
      servers.sandbox.redis().start();
      within(10).ignoreExceptions().until(() -> !runId().equals(before));
      try (Listener listener = listener(pipeline)) {
        servers.redisProxy.restore();
        within(20).until(() -> certified(listener, runId()));
        Beat first =
            listener.beats().stream()
                .filter(beat -> beat.certified().equals(Set.of(runId())))
                .findFirst()
                .orElseThrow();
        assertThat(first.generation()).isEqualTo(generation + 1);
        assertThat(listener.invalidations()).contains(new Invalidation.All());
        assertThat(listener.heard.indexOf(first)).isPositive();
      }
    }
  }

  private long generation(Pipeline pipeline) throws Exception {
    try (Listener listener = listener(pipeline)) {
      within(10).until(() -> !listener.beats().isEmpty());
      return last(listener).generation();
    }
  }

  private static boolean certified(Listener listener, String runId) {
    return listener.beats().stream().anyMatch(beat -> beat.certified().equals(Set.of(runId)));
  }

  private static boolean told(Listener listener, int ids) {
    Set<Invalidation> told = Set.copyOf(listener.invalidations());
    for (int id = 0; id < ids; id++) {
      if (!told.contains(new Invalidation.Key("user:" + id))) {
        return false;
      }
    }
    return true;
  }

  private static Beat last(Listener listener) {
    List<Beat> beats = listener.beats();
    return beats.get(beats.size() - 1);
  }

  private String runId() {
    return servers
        .redis()
        .info("server")
        .lines()
        .filter(line -> line.startsWith("run_id:"))
        .findFirst()
        .orElseThrow()
        .substring("run_id:".length())
        .strip();
  }

  private static void touchAll(Pipeline pipeline, int from, int to) {
    for (int id = from; id < to; id++) {
      pipeline.emit("users", touched(user(id, null)));
    }
  }

  private Pipeline pipeline(String name) throws Exception {
    return new Pipeline(servers, name, Source.CACHETIDE, rule("users", "user:{id}"));
  }

  private Listener listener(Pipeline pipeline) {
    return new Listener(servers.sandbox.redis().uri(), pipeline.names.invalidationChannel());
  }

  /** Whether a number has stopped to change. */
  private static final class SameAsBefore {
    private int before = -1;

    boolean test(int now) {
      boolean same = now == before;
      before = now;
      return same;
    }
  }
}
