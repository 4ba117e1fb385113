package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileWatchTest {

  @TempDir private Path directory = Path.of(".");
  private Path file = directory;

  @BeforeEach
  void write() throws Exception {
    file = directory.resolve("cachetide.yaml");
    Files.writeString(file, "pipeline: shop\nruleFiles: rules\n");
    Files.createDirectory(directory.resolve("rules"));
    Files.writeString(directory.resolve("rules/a.yaml"), "name: a\n");
  }

  private FileWatch watch() {
    return new FileWatch(file, Map.of());
  }

  private static void sees(FileWatch watch) {
    assertThat(watch.changed()).as("once may be half of it").isFalse();
    assertThat(watch.changed()).isTrue();
    watch.handling();
    assertThat(watch.changed()).isFalse();
  }

  @Test
  void nothing_changes_by_itself() {
    FileWatch watch = watch();
    assertThat(watch.changed()).isFalse();
    assertThat(watch.changed()).isFalse();
  }

  @Test
  void a_file_that_is_still_being_written_is_waited_for() throws Exception {
    FileWatch watch = watch();
    Files.writeString(file, "pipeline: s");
    assertThat(watch.changed()).isFalse();
    Files.writeString(file, "pipeline: shop\n");
    sees(watch);
  }

  @Test
  void editors_that_rename_and_files_that_come_and_go_are_seen() throws Exception {
    FileWatch watch = watch();
    Path other = Files.writeString(directory.resolve("rules/.a.swp"), "name: b\n");
    Files.move(other, directory.resolve("rules/a.yaml"), StandardCopyOption.REPLACE_EXISTING);
    sees(watch);
    Files.writeString(directory.resolve("rules/b.yml"), "name: c\n");
    sees(watch);
    Files.delete(directory.resolve("rules/a.yaml"));
    sees(watch);
  }

  @Test
  void a_folder_that_kubernetes_swaps_by_its_link_is_seen() throws Exception {
    Path rules = directory.resolve("rules");
    Files.delete(rules.resolve("a.yaml"));
    Path old = Files.createDirectory(rules.resolve("..1"));
    Files.writeString(old.resolve("a.yaml"), "name: a\n");
    Path next = Files.createDirectory(rules.resolve("..2"));
    Files.writeString(next.resolve("a.yaml"), "name: b\n");
    Files.createSymbolicLink(rules.resolve("..data"), Path.of("..1"));
    Files.createSymbolicLink(rules.resolve("a.yaml"), Path.of("..data/a.yaml"));
    FileWatch watch = watch();
    Files.createSymbolicLink(rules.resolve("..tmp"), Path.of("..2"));
    Files.move(
        rules.resolve("..tmp"), rules.resolve("..data"), StandardCopyOption.REPLACE_EXISTING);
    sees(watch);
  }
}
