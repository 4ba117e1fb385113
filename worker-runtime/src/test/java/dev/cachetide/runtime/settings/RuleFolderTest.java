package dev.cachetide.runtime.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RuleFolderTest {

  private static final String MAIN = "pipeline: shop\nruleFiles: rules\n";

  @TempDir private Path directory = Path.of(".");
  private Path folder = directory;

  @BeforeEach
  void makeFolder() throws Exception {
    folder = Files.createDirectory(directory.resolve("rules"));
  }

  private static String rule(String name, String key) {
    return "name: " + name + "\nsource: { table: users }\nevict: [ { key: \"" + key + "\" } ]\n";
  }

  private void write(String name, String text) throws Exception {
    Files.writeString(folder.resolve(name), text);
  }

  private List<RuleSettings> rules(String yaml) {
    return new ConfigFile(directory, yaml).settings(Map.of()).rules();
  }

  private List<Problem> problems(String yaml) {
    return new ConfigFile(directory, yaml).problems(Map.of());
  }

  private static void is(Problem problem, String file, String path, String message, String fix) {
    assertThat(problem.file()).endsWith(file);
    assertThat(problem.path()).isEqualTo(path);
    assertThat(problem.message()).contains(message);
    assertThat(problem.fix()).contains(fix);
  }

  @Test
  void rules_of_the_file_come_first_and_those_of_the_folder_by_file_name() throws Exception {
    write("20.yml", rule("last", "c:{id}"));
    write(
        "10.yaml",
        "rules:\n  - { name: a, source: { table: t }, evict: [ { key: \"a:{id}\" } ] }\n");
    write(".hidden.yaml", "nonsense");
    write("notes.txt", "nonsense");
    Files.createDirectory(folder.resolve("below.yaml"));
    String own = "rules: [ { name: own, source: { table: t }, evict: [ { tag: x } ] } ]";
    assertThat(rules(MAIN + own))
        .extracting(RuleSettings::name)
        .containsExactly("own", "a", "last");
  }

  @Test
  void a_folder_mounted_by_kubernetes_is_read_through_its_links() throws Exception {
    Path data = Files.createDirectory(folder.resolve("..2026_11_25"));
    Files.writeString(data.resolve("users.yaml"), rule("users", "user:{id}"));
    Files.createSymbolicLink(folder.resolve("..data"), data);
    Files.createSymbolicLink(folder.resolve("users.yaml"), Path.of("..data/users.yaml"));
    assertThat(rules(MAIN)).extracting(RuleSettings::name).containsExactly("users");
  }

  @Test
  void templates_of_a_folder_keep_their_text_and_know_no_secrets() throws Exception {
    write("a.yaml", rule("a", "${env:HOME}:{id}"));
    assertThat(rules(MAIN).get(0).evict().get(0).template()).isEqualTo("${env:HOME}:{id}");
  }

  @Test
  void the_folder_may_be_named_by_the_environment() throws Exception {
    write("a.yaml", rule("a", "a:{id}"));
    var file = new ConfigFile(directory, "pipeline: shop\n");
    assertThat(file.settings(Map.of("CACHETIDE_RULE_FILES", "rules")).rules()).hasSize(1);
  }

  @Test
  void mistakes_are_named_in_their_own_files_all_at_once() throws Exception {
    write("a.yaml", "name: a\nsource: { table: users }\nevict: [ { kee: \"x\" } ]\n");
    write(
        "b.yaml",
        """
        rules:
          - { name: b, source: { table: t }, evict: [ { key: "b:{id" } ] }
          - { source: { table: t }, evict: [ { key: "b:{id}" } ] }
        """);
    List<Problem> problems = problems(MAIN + "colour: red\n");
    assertThat(problems)
        .extracting(problem -> Path.of(problem.file()).getFileName() + " " + problem.path())
        .containsExactlyInAnyOrder(
            "cachetide.yaml colour",
            "a.yaml evict[0].kee",
            "b.yaml rules[1].name",
            "b.yaml rules[0].evict[0].key");
  }

  @Test
  void names_are_unique_across_files_and_the_first_is_named() throws Exception {
    write("a.yaml", rule("same", "a:{id}"));
    write("b.yaml", rule("same", "b:{id}"));
    List<Problem> problems = problems(MAIN);
    assertThat(problems).hasSize(1);
    is(problems.get(0), "rules/b.yaml", "name", "two rules are named 'same'", "another name");
    assertThat(problems.get(0).message()).endsWith("the first is " + folder.resolve("a.yaml"));
  }

  @Test
  void a_folder_that_is_missing_empty_or_none_is_a_mistake() throws Exception {
    is(problems(MAIN).get(0), "cachetide.yaml", "ruleFiles", "sub-folders are not read", "put a");
    Files.delete(folder);
    is(problems(MAIN).get(0), "cachetide.yaml", "ruleFiles", "there is no folder", "relative to");
    Files.writeString(folder, "a file");
    is(problems(MAIN).get(0), "cachetide.yaml", "ruleFiles", "is no folder", "name a folder");
  }

  @Test
  void files_that_cannot_be_read_are_each_named() throws Exception {
    write("a.yaml", "name: &n a\nsource: { table: *n }\n");
    write("b.yaml", "name: [");
    write("c.yaml", "#" + "x".repeat(2_000_001));
    Files.write(folder.resolve("d.yaml"), "name: \u00e4".getBytes(StandardCharsets.ISO_8859_1));
    write("e.yaml", "");
    Files.createSymbolicLink(folder.resolve("f.yaml"), Path.of("gone"));
    List<Problem> problems = problems(MAIN);
    String whole = "(whole file)";
    assertThat(problems).hasSize(6);
    is(problems.get(0), "rules/a.yaml", whole, "an alias (*name) at line 2", "write the value out");
    is(problems.get(1), "rules/b.yaml", whole, "not valid YAML", "correct that line");
    is(problems.get(2), "rules/c.yaml", whole, "larger than 2 MB", "split the file");
    is(problems.get(3), "rules/d.yaml", whole, "cannot be read", "UTF-8");
    is(problems.get(4), "rules/e.yaml", whole, "no mapping", "begin with `name: <rule>`");
    is(problems.get(5), "rules/f.yaml", whole, "there is no such file", "name an existing file");
  }

  @Test
  void a_list_stands_alone_in_its_file() throws Exception {
    write("a.yaml", "pipeline: shop\nrules: { name: a }\n");
    List<Problem> problems = problems(MAIN);
    assertThat(problems).hasSize(2);
    is(problems.get(0), "rules/a.yaml", "pipeline", "not known beside rules", "remove it");
    is(problems.get(1), "rules/a.yaml", "rules", "is no list of rules", "`- name: …`");
  }

  @Test
  void whoever_watches_learns_of_every_file() throws Exception {
    write("b.yaml", rule("b", "b:{id}"));
    write("a.yaml", "name: [");
    Path main = directory.resolve("cachetide.yaml");
    Files.writeString(main, MAIN + "colour: red\n");
    assertThat(SettingsLoader.files(main, Map.of()))
        .containsExactly(main, folder.resolve("a.yaml"), folder.resolve("b.yaml"));
  }
}
