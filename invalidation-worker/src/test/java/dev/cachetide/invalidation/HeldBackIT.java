package dev.cachetide.invalidation;

import static dev.cachetide.invalidation.Envelopes.user;
import static dev.cachetide.invalidation.Pipeline.rule;
import static dev.cachetide.invalidation.Servers.within;
import static org.assertj.core.api.Assertions.assertThat;

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

  private static long currentXid(Connection transaction) throws SQLException {
    try (Statement statement = transaction.createStatement();
        ResultSet result =
            statement.executeQuery("SELECT pg_current_xact_id()::text::bigint & 4294967295")) {
      result.next();
      return result.getLong(1);
    }
  }
}
