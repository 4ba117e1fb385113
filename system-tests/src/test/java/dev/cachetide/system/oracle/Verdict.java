package dev.cachetide.system.oracle;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the oracle says of some changes: names by template.
 *
 * @param must those that must go
 * @param may those that may go as well, because an event leaves a condition open
 * @param all templates of which everything must go, because a table was emptied
 * @param open templates of which everything may go, because an event leaves open which
 * @param lookups of related rows
 */
record Verdict(
    Map<Template, Set<String>> must,
    Map<Template, Set<String>> may,
    Set<Template> all,
    Set<Template> open,
    Lookups lookups) {

  /** Redis lets so many globs of one template pass in a batch before they become one. */
  private static final int MOST_GLOBS = 10;

  static Verdict none() {
    return new Verdict(
        new HashMap<>(), new HashMap<>(), new HashSet<>(), new HashSet<>(), new Lookups());
  }

  void add(Verdict other) {
    other.must.forEach((template, names) -> names(must, template).addAll(names));
    other.may.forEach((template, names) -> names(may, template).addAll(names));
    all.addAll(other.all);
    open.addAll(other.open);
    lookups.addAll(other.lookups);
  }

  void judge(OracleRule rule, Change change) {
    if (change.operation().equals(Change.TRUNCATE)) {
      all.addAll(rule.templates());
      rule.fans().forEach(fan -> all.add(fan.template()));
      return;
    }
    boolean holds = rule.holds(change);
    if (holds || rule.maybe()) {
      lookups.judge(rule, change, holds);
    }
    for (Template template : rule.templates()) {
      Set<String> names = template.names(change.old(), change.now());
      if (holds) {
        names(must, template).addAll(names);
      }
      if (holds || rule.maybe()) {
        names(may, template).addAll(names);
        if (rule.open(template)) {
          open.add(template);
        }
      }
    }
  }

  boolean must(Template template, String name) {
    return all.contains(template) || must.getOrDefault(template, Set.of()).contains(name);
  }

  boolean may(Template template, String name) {
    return mayAll(template) || may.getOrDefault(template, Set.of()).contains(name);
  }

  /** Whether all that the template could name may go. */
  boolean mayAll(Template template) {
    return all.contains(template)
        || open.contains(template)
        || (template.kind().equals("pattern")
            && may.getOrDefault(template, Set.of()).size() > MOST_GLOBS);
  }

  static Set<String> names(Map<Template, Set<String>> by, Template template) {
    return by.computeIfAbsent(template, any -> new HashSet<>());
  }
}
