package dev.cachetide.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SandboxIT {

  @Test
  void every_server_answers_on_loopback_only_and_closing_leaves_nothing_behind() throws Exception {
    Path postgresFolder;
    Sandbox sandbox = Sandbox.start();
    try (sandbox) {
      SandboxPostgres postgres = sandbox.postgres();
      postgresFolder = postgres.directory();
      assertThat(Ask.one(postgres, "SHOW wal_level")).isEqualTo("logical");
      assertThat(Ask.one(postgres, "SHOW synchronous_commit")).isEqualTo("on");
      assertThat(Ask.one(postgres, "SHOW listen_addresses")).isEqualTo("127.0.0.1");
      assertThat(Ask.topics(sandbox.kafka())).isEmpty();
      assertThat(Ask.redis(sandbox.redis(), redis -> redis.info("server")))
          .contains("redis_version:7.");
      Loopback.assertOnlyThere(postgres);
      Loopback.assertOnlyThere(sandbox.kafka());
      Loopback.assertOnlyThere(sandbox.redis());
    }
    assertThat(sandbox.postgres().running()).isFalse();
    assertThat(sandbox.kafka().running()).isFalse();
    assertThat(sandbox.redis().running()).isFalse();
    assertThat(postgresFolder).doesNotExist();
    sandbox.close();
  }

  @Test
  void a_data_directory_holds_everything_for_the_next_sandbox(@TempDir Path directory)
      throws Exception {
    try (Sandbox first = Sandbox.builder().dataDirectory(directory).start()) {
      Ask.execute(first.postgres(), "CREATE TABLE kept AS SELECT 42 AS answer");
      Ask.createTopic(first.kafka(), "kept");
      Ask.redis(first.redis(), redis -> redis.set("kept", "yes"));
    }
    try (Sandbox second = Sandbox.builder().dataDirectory(directory).start()) {
      assertThat(Ask.one(second.postgres(), "SELECT answer FROM kept")).isEqualTo("42");
      assertThat(Ask.topics(second.kafka())).contains("kept");
      assertThat(Ask.redis(second.redis(), redis -> redis.get("kept"))).isEqualTo("yes");
    }
    assertThat(directory.resolve("postgres/data/PG_VERSION")).exists();
  }

  @Test
  void a_server_that_does_not_start_is_named_and_the_others_are_stopped(@TempDir Path directory)
      throws Exception {
    Path notAFolder = Files.writeString(directory.resolve("file"), "in the way");
    assertThatThrownBy(
            () ->
                Sandbox.builder()
                    .withoutKafka()
                    .redis(redis -> redis.directory(notAFolder.resolve("redis")))
                    .postgres(postgres -> postgres.directory(directory.resolve("postgres")))
                    .start())
        .isInstanceOf(SandboxException.class)
        .hasMessage("redis did not start");
    assertThat(directory.resolve("postgres/data/PG_VERSION")).exists();
    assertThat(directory.resolve("postgres/data/postmaster.pid")).doesNotExist();
  }

  @Test
  void a_server_that_was_left_out_is_refused_by_name() {
    try (Sandbox sandbox = Sandbox.builder().withoutPostgres().withoutKafka().start()) {
      assertThatThrownBy(sandbox::kafka)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("kafka");
      assertThat(Ask.redis(sandbox.redis(), redis -> redis.ping())).isEqualTo("PONG");
    }
  }
}
