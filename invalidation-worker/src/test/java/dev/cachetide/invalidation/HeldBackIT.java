package dev.cachetide.invalidation;

import static dev.cachetide.invalidation.Envelopes.user;
import static dev.cachetide.invalidation.Pipeline.rule;
import static dev.cachetide.invalidation.Servers.within;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.ExitStatus;
import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the worker asks Postgres before it goes on. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class HeldBackIT {

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
  void an_event_of_a_foreign_source_waits_until_its_transaction_is_visible() throws Exception {
    try (Pipeline pipeline =
            new Pipeline(servers, "gate", Source.DEBEZIUM, rule("users", "user:{id}")).started();
        Connection transaction = servers.sandbox.postgres().connect()) {
      servers.cache("user:1", "user:2");
      transaction.setAutoCommit(false);
      long xid = currentXid(transaction);
      pipeline.emit("users", Envelopes.update(user(1, "a"), user(1, "b"), xid));
      within(20).until(() -> !pipeline.worker.readiness().ready());
      assertThat(pipeline.worker.readiness().reason()).contains("primary shows the changes");
      assertThat(servers.cached()).containsExactly("user:1", "user:2");
      transaction.commit();
      pipeline.awaitCached("user:2");
      within(20).until(() -> pipeline.worker.readiness().ready());
    }
  }

  @Test
  void rules_that_do_not_fit_the_database_end_the_worker_with_the_line_that_helps()
      throws Exception {
    try (LogLines log = LogLines.of("dev.cachetide.runtime.PollLoop");
        Pipeline pipeline =
            new Pipeline(servers, "unfit", Source.CACHETIDE, rule("orders", "order:{state}"))) {
      servers.cache("order:paid");
      pipeline.emit("orders", Envelopes.touched(user(1, null)));
      pipeline.worker.start();
      within(20).until(() -> pipeline.worker.ended().isDone());
      assertThat(pipeline.worker.ended()).isCompletedWithValue(ExitStatus.FAILED);
      assertThat(log.causes())
          .anySatisfy(
              cause ->
                  assertThat(cause)
                      .contains(
                          "rules[0].evict[0]",
                          "ALTER TABLE \"public\".\"orders\" REPLICA IDENTITY FULL;"));
      assertThat(servers.cached()).containsExactly("order:paid");
    }
  }

  @Test
  void nothing_is_evicted_by_rules_that_were_not_checked_since_postgres_is_away() throws Exception {
    servers.postgresProxy.cut();
    try (Pipeline pipeline =
        new Pipeline(servers, "late", Source.CACHETIDE, rule("users", "user:{id}"))) {
      servers.cache("user:1", "user:2");
      pipeline.emit("users", Envelopes.touched(user(1, null)));
      pipeline.worker.start();
      within(20).until(() -> pipeline.worker.readiness().reason().contains("ask Postgres"));
      assertThat(servers.cached()).containsExactly("user:1", "user:2");
      servers.postgresProxy.restore();
      pipeline.awaitReady();
      within(20).until(() -> servers.cached().isEmpty());
    } finally {
      servers.postgresProxy.restore();
    }
  }

  private static long currentXid(Connection transaction) throws SQLException {
    try (Statement statement = transaction.createStatement();
        ResultSet result =
            statement.executeQuery("SELECT pg_current_xact_id()::text::bigint & 4294967295")) {
      result.next();
      return result.getLong(1);
    }
  }
}
