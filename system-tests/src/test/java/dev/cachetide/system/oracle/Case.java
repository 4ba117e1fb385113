package dev.cachetide.system.oracle;

import dev.cachetide.system.oracle.OracleRule.Sabotage;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Some tables, rules over them and changes to them, all of which follow from a seed. */
final class Case {

  private static final int MOST_DECOYS = 12;

  final String name;
  final List<Table> tables;
  final List<OracleRule> rules;

  /** Tags whose sets have a member, with the member. */
  final Set<String> tags = new LinkedHashSet<>();

  /** Every key that is put into Redis. */
  final Set<String> keys = new LinkedHashSet<>();

  private final Sabotage sabotage;
  private final Script first;
  private final Script script;
  private Map<Template, Set<String>> candidates = Map.of();

  /** Names that no row has. */
  private final Map<Template, Set<String>> decoys = new HashMap<>();

  private Verdict verdict = Verdict.none();
  private int widened;

  Case(String name, List<Table> tables, Random random, Sabotage sabotage) {
    this.name = name;
    this.tables = tables;
    this.sabotage = sabotage;
    // The worker would notice a broken rule for related rows by itself.
    this.rules = new RuleDice(random, name).rules(tables, sabotage == Sabotage.NONE);
    ScriptDice dice = new ScriptDice(random, tables);
    this.first = dice.first();
    this.script = dice.script();
  }

  void begin(Connection connection) throws SQLException {
    Play.perform(connection, first);
  }

  /** Finds the keys that the changes can name, and others that look like them. */
  void rehearse(Connection connection) throws SQLException {
    try (Eye eye = new Eye(connection, tables)) {
      candidates = Play.rehearse(connection, eye, rules, script);
    }
    for (OracleRule rule : rules) {
      for (Template template : rule.templates()) {
        Set<String> names = new LinkedHashSet<>(Verdict.names(candidates, template));
        decoys.put(template, decoys(template, names));
        names.addAll(decoys.get(template));
        names.forEach(each -> keys.addAll(template.leaving(each)));
        names.forEach(each -> keys.addAll(template.alike(each)));
        if (template.kind().equals("tag")) {
          names.forEach(each -> tags.add(each + template.ending()));
        }
      }
    }
  }

  private static Set<String> decoys(Template template, Set<String> names) {
    Set<String> decoys = new TreeSet<>(List.of(template.prefix() + "*", template.prefix() + "?"));
    for (String each : names) {
      if (decoys.size() > MOST_DECOYS) {
        break;
      }
      decoys.add(each + "x");
      if (each.length() > template.prefix().length()) {
        decoys.add(each.substring(0, each.offsetByCodePoints(each.length(), -1)));
      }
    }
    return decoys;
  }

  void perform(Connection connection) throws SQLException {
    try (Eye eye = new Eye(connection, tables)) {
      verdict = Play.perform(connection, eye, rules, script);
    }
  }

  /** What the worker did wrong; empty when nothing. */
  List<String> problems(Set<String> left) {
    Set<String> must = new HashSet<>();
    Set<String> may = new HashSet<>();
    candidates.forEach((template, names) -> must(template, names, must));
    candidates.forEach((template, names) -> may(template, names, may));
    decoys.forEach((template, names) -> may(template, names, may));
    List<String> problems = new ArrayList<>();
    for (String key : keys) {
      if (must.contains(key)) {
        if (left.contains(key)) {
          problems.add("stayed and must go: " + key);
        }
      } else if (!left.contains(key)) {
        widened++;
        if (!may.contains(key)) {
          problems.add("went and must stay: " + key);
        }
      }
    }
    return problems;
  }

  private void must(Template template, Set<String> names, Set<String> keys) {
    names.stream()
        .filter(each -> verdict.must(template, each))
        .forEach(each -> keys.addAll(template.leaving(each)));
  }

  private void may(Template template, Set<String> names, Set<String> keys) {
    for (String each : names) {
      if (verdict.may(template, each)) {
        keys.addAll(template.leaving(each));
      }
      if (verdict.mayAll(template)) {
        keys.addAll(template.alike(each));
      }
    }
  }

  /** How many keys went that did not have to. */
  int widened() {
    return widened;
  }

  /** How many keys had to go. */
  long hadToGo() {
    Set<String> must = new HashSet<>();
    candidates.forEach((template, names) -> must(template, names, must));
    return must.size();
  }

  /** Everything that is needed to do it by hand. */
  @Override
  public String toString() {
    String ddl =
        tables.stream()
            .flatMap(table -> table.ddl().stream())
            .collect(Collectors.joining(";\n", "", ";\n"));
    String yaml =
        rules.stream()
            .map(rule -> "  - " + rule.json(sabotage) + "\n")
            .collect(Collectors.joining("", "rules:\n", ""));
    return "case " + name + "\n" + ddl + yaml + first + "-- keys are filled here\n" + script;
  }
}
