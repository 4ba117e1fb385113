package dev.cachetide.writebehind;

import dev.cachetide.sandbox.SandboxPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A Postgres for the tests of a class. */
final class RunningPostgres implements BeforeAllCallback, AfterAllCallback {

  private @Nullable SandboxPostgres server;

  @Override
  public void beforeAll(ExtensionContext context) {
    server = SandboxPostgres.builder().start();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    server().close();
  }

  /** A test's own view of it, without anything of ours in it. */
  Database database() throws SQLException {
    Database database = new Database(server());
    database.run("DROP SCHEMA IF EXISTS cachetide CASCADE");
    return database;
  }

  Connection connect() throws SQLException {
    return server().connect();
  }

  String jdbcUrl() {
    return server().jdbcUrl();
  }

  int port() {
    return server().port();
  }

  private SandboxPostgres server() {
    SandboxPostgres running = server;
    if (running == null) {
      throw new IllegalStateException("not started yet");
    }
    return running;
  }
}
