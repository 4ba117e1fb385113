package dev.cachetide.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildJvmIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;

  @Test
  void what_it_says_and_its_exit_code_can_be_read(@TempDir Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("output"), "argument of an earlier child\n");
    try (ChildJvm child =
        ChildJvm.of(ChildPrograms.Says.class)
            .arguments("*")
            .jvmOptions("-Dsaid=p")
            .environment("SAID", "v")
            .outputFile(file)
            .start()) {
      assertThat(child.exitCode(PATIENCE)).isEqualTo(3);
      assertThat(child.await("argument", PATIENCE)).isEqualTo("argument * property p");
      assertThat(child.output()).contains("variable v").doesNotContain("earlier");
      assertThatThrownBy(() -> child.await("never said", PATIENCE))
          .isInstanceOf(SandboxException.class)
          .hasMessageContaining("ended without saying");
    }
    assertThat(file).exists();
  }

  @Test
  void a_stop_lets_it_drain_and_a_kill_does_not() {
    try (ChildJvm child = ChildJvm.of(ChildPrograms.Counts.class).start()) {
      child.await("count 1", PATIENCE);
      assertThat(child.stop(PATIENCE)).isEqualTo(128 + SIGTERM);
      assertThat(child.output()).contains("drained");
    }
    try (ChildJvm child = ChildJvm.of(ChildPrograms.Counts.class).start()) {
      child.await("count 1", PATIENCE);
      child.killHard();
      assertThat(child.running()).isFalse();
      assertThat(child.exitCode(PATIENCE)).isEqualTo(128 + SIGKILL);
      assertThat(child.output()).doesNotContain("drained");
    }
  }

  @Test
  void a_suspended_child_stands_still_until_it_is_resumed() {
    try (ChildJvm child = ChildJvm.of(ChildPrograms.Counts.class).start()) {
      child.await("count 10", PATIENCE);
      child.suspend();
      String before = settled(child);
      await().during(Duration.ofMillis(200)).until(child::output, before::equals);
      child.resume();
      await().until(() -> child.output().length() > before.length());
      child.suspend();
      child.killHard();
      assertThat(child.running()).isFalse();
    }
  }

  @Test
  void the_servers_of_a_killed_jvm_go_and_so_do_its_temporary_folders() throws Exception {
    try (ChildJvm child = ChildJvm.of(ChildPrograms.NeverCloses.class).start()) {
      Path folder = Path.of(ChildPrograms.value(child.await("folder=", PATIENCE)));
      int redis = Integer.parseInt(ChildPrograms.value(child.await("redis=", PATIENCE)));
      assertThat(RedisPing.answers(redis)).isTrue();
      assertThat(folder).exists();
      child.killHard();
      await().until(() -> !RedisPing.answers(redis));
      await().atMost(PATIENCE).until(() -> !Files.exists(folder));
    }
  }

  @Test
  void the_cluster_and_the_sentinels_of_a_killed_jvm_go_too(@TempDir Path directory)
      throws Exception {
    try (ChildJvm child =
        ChildJvm.of(ChildPrograms.NeverClosesTopologies.class)
            .jvmOptions("-Djava.io.tmpdir=" + directory)
            .start()) {
      int[] ports =
          Arrays.stream(ChildPrograms.value(child.await("ports=", PATIENCE)).split(","))
              .mapToInt(Integer::parseInt)
              .toArray();
      assertThat(ports).hasSize(8);
      assertThat(Arrays.stream(ports)).allMatch(RedisPing::answers);
      assertThat(temporaryFolders(directory)).hasSize(2);
      child.killHard();
      await().atMost(PATIENCE).until(() -> Arrays.stream(ports).noneMatch(RedisPing::answers));
      await().atMost(PATIENCE).until(() -> temporaryFolders(directory).isEmpty());
    }
  }

  @Test
  void a_killed_jvms_data_folder_can_be_used_at_once(@TempDir Path directory) throws Exception {
    try (ChildJvm child =
        ChildJvm.of(ChildPrograms.NeverCloses.class).arguments(directory.toString()).start()) {
      child.await("folder=", PATIENCE);
      child.killHard();
      try (SandboxPostgres next = SandboxPostgres.start(directory)) {
        assertThat(Ask.one(next, "SELECT answer FROM kept")).isEqualTo("42");
      }
    }
  }

  private static List<Path> temporaryFolders(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(each -> each.getFileName().toString().contains("-redis-")).toList();
    }
  }

  /** What a child had said when the signal took effect. */
  private static String settled(ChildJvm child) {
    String[] last = {child.output()};
    await()
        .until(
            () -> {
              String before = last[0];
              last[0] = child.output();
              return before.equals(last[0]);
            });
    return last[0];
  }
}
