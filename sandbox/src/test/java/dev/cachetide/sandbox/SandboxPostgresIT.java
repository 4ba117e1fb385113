package dev.cachetide.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SandboxPostgresIT {

  @Test
  void a_restart_keeps_port_and_data_and_replication_slots() throws Exception {
    try (SandboxPostgres postgres = SandboxPostgres.builder().start()) {
      String url = postgres.jdbcUrl();
      Ask.execute(
          postgres,
          "CREATE TABLE kept (id int PRIMARY KEY)",
          "INSERT INTO kept VALUES (1), (2)",
          "SELECT pg_create_logical_replication_slot('kept', 'pgoutput')");
      postgres.stop();
      assertThat(postgres.running()).isFalse();
      assertThatThrownBy(postgres::connect).isInstanceOf(SQLException.class);
      postgres.start();
      assertThat(postgres.jdbcUrl()).isEqualTo(url);
      assertThat(Ask.one(postgres, "SELECT count(*) FROM kept")).isEqualTo("2");
      assertThat(Ask.one(postgres, "SELECT slot_name FROM pg_replication_slots")).isEqualTo("kept");
    }
  }

  @Test
  void what_was_committed_before_a_hard_kill_is_recovered() throws Exception {
    try (SandboxPostgres postgres = SandboxPostgres.builder().start()) {
      Ask.execute(postgres, "CREATE TABLE kept (id int PRIMARY KEY)");
      try (Connection busy = postgres.connect();
          Statement statement = busy.createStatement()) {
        statement.execute("INSERT INTO kept SELECT generate_series(1, 10000)");
        busy.setAutoCommit(false);
        statement.execute("INSERT INTO kept VALUES (10001)");
        postgres.killHard();
        assertThatThrownBy(busy::commit).isInstanceOf(SQLException.class);
      }
      postgres.start();
      assertThat(Ask.one(postgres, "SELECT max(id) FROM kept")).isEqualTo("10000");
    }
  }

  @Test
  void a_pid_file_whose_process_id_now_belongs_to_another_program_is_no_obstacle(
      @TempDir Path directory) throws Exception {
    try (SandboxPostgres first = SandboxPostgres.start(directory)) {
      first.killHard();
    }
    Path pidFile = directory.resolve("data/postmaster.pid");
    String left = Files.readString(pidFile);
    String ours = Long.toString(ProcessHandle.current().pid());
    Files.writeString(pidFile, ours + left.substring(left.indexOf('\n')));
    try (SandboxPostgres second = SandboxPostgres.start(directory)) {
      assertThat(Ask.one(second, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void an_initialization_that_was_cut_short_is_done_again(@TempDir Path directory)
      throws Exception {
    Path unfinished = Files.createDirectory(directory.resolve("data-unfinished"));
    Files.writeString(unfinished.resolve("PG_VERSION"), "18\n");
    try (SandboxPostgres postgres = SandboxPostgres.start(directory)) {
      assertThat(Ask.one(postgres, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void root_can_run_it_as_nobody_where_namespaces_are_forbidden() throws Exception {
    assumeTrue(Unprivileged.here() != Unprivileged.AS_OURSELVES, "only root can become nobody");
    try (SandboxPostgres postgres =
        SandboxPostgres.builder().unprivileged(Unprivileged.AS_NOBODY).start()) {
      assertThat(Ask.one(postgres, "SELECT 1")).isEqualTo("1");
      postgres.restart();
      assertThat(Files.getOwner(postgres.directory().resolve("data")).getName())
          .isIn("nobody", "65534");
    }
  }

  @Test
  void a_setting_can_be_chosen_and_the_failure_of_a_wrong_one_shows_the_servers_words()
      throws Exception {
    try (SandboxPostgres postgres =
        SandboxPostgres.builder().setting("max_slot_wal_keep_size", "64MB").start()) {
      assertThat(Ask.one(postgres, "SHOW max_slot_wal_keep_size")).isEqualTo("64MB");
    }
    assertThatThrownBy(() -> SandboxPostgres.builder().setting("no_such_setting", "1").start())
        .isInstanceOf(SandboxException.class)
        .hasMessageContaining("no_such_setting");
  }
}
