package dev.cachetide.invalidation.history;

import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.ReplicaColumns;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.invalidation.rules.RulePlanner;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.invalidation.rules.Want;
import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What two versions of the rules make of the same changes, counted change by change, so that it
 * needs no more memory for a longer history. Pure; not thread-safe.
 *
 * <p>Rules are compared by their names, and a table as a whole: a key that moved from one rule to
 * another is a difference of the rules and none of the table.
 */
public final class RuleComparison {

  private final RuleSet older;
  private final RuleSet newer;
  private final Function<TableName, @Nullable ReplicaColumns> identities;
  private final int mostSamples;
  private final Map<TableName, TableCounts> tables = new TreeMap<>();
  private final List<Sample> samples = new ArrayList<>();
  private long changes;
  private long unreadable;
  private long different;

  /**
   * Compares from nothing.
   *
   * @param identities what the WAL tells of a table's old rows; null when it is not known
   * @param mostSamples how many differing changes to keep
   */
  public RuleComparison(
      RuleSet older,
      RuleSet newer,
      Function<TableName, @Nullable ReplicaColumns> identities,
      int mostSamples) {
    this.older = older;
    this.newer = newer;
    this.identities = identities;
    this.mostSamples = mostSamples;
  }

  /** Counts one change; one that cannot be read evicts everything by either version. */
  public void add(RecordedChange change) {
    changes++;
    ChangeEvent event = change.event();
    if (event == null) {
      unreadable++;
      return;
    }
    TableName table = change.table();
    List<Want> before = wants(older, event, table);
    List<Want> after = wants(newer, event, table);
    TableCounts counts = tables.computeIfAbsent(table, any -> new TableCounts());
    Set<String> names = ruleNames(before);
    names.addAll(ruleNames(after));
    names.forEach(
        name ->
            counts
                .byRule
                .computeIfAbsent(name, any -> new Counts())
                .add(of(name, before), of(name, after)));
    if (counts.all.add(before, after)) {
      different++;
      sample(change, things(before), things(after));
    }
  }

  private List<Want> wants(RuleSet rules, ChangeEvent event, TableName table) {
    List<Rule> ofTable = rules.of(table.schema(), table.table());
    return RulePlanner.wants(event, ofTable, identities.apply(table));
  }

  private static Set<String> ruleNames(List<Want> wants) {
    return wants.stream()
        .map(want -> want.rule().name())
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static List<Want> of(String rule, List<Want> wants) {
    return wants.stream().filter(want -> want.rule().name().equals(rule)).toList();
  }

  private static Set<String> things(List<Want> wants) {
    return wants.stream()
        .map(RuleComparison::thing)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static String thing(Want want) {
    String kind = want.eviction().kind().key();
    return want.target() == null
        ? "every " + kind + " " + want.eviction().widest()
        : kind + " " + want.target();
  }

  private void sample(RecordedChange change, Set<String> before, Set<String> after) {
    if (samples.size() < mostSamples) {
      Set<String> gone = new LinkedHashSet<>(before);
      gone.removeAll(after);
      Set<String> come = new LinkedHashSet<>(after);
      come.removeAll(before);
      samples.add(new Sample(change, List.copyOf(gone), List.copyOf(come)));
    }
  }

  /** The version that stands for before. */
  public RuleSet older() {
    return older;
  }

  /** The version that stands for after. */
  public RuleSet newer() {
    return newer;
  }

  /** How many changes were looked at. */
  public long changes() {
    return changes;
  }

  /** How many of them could not be read. */
  public long unreadable() {
    return unreadable;
  }

  /** For how many of them the versions differ. */
  public long different() {
    return different;
  }

  /** The first that differ. */
  public List<Sample> samples() {
    return List.copyOf(samples);
  }

  /** By table, each followed by its rules. */
  public List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    tables.forEach(
        (table, counts) -> {
          rows.add(counts.all.row(table, null));
          counts.byRule.entrySet().stream()
              .sorted(Map.Entry.comparingByKey(Comparator.naturalOrder()))
              .forEach(each -> rows.add(each.getValue().row(table, each.getKey())));
        });
    return rows;
  }

  private static final class TableCounts {
    private final Counts all = new Counts();
    private final Map<String, Counts> byRule = new TreeMap<>();
  }

  private static final class Counts {
    private long changes;
    private long both;
    private long onlyOld;
    private long onlyNew;
    private long widenedOld;
    private long widenedNew;

    /** Whether the two differ. */
    boolean add(List<Want> before, List<Want> after) {
      Set<String> old = things(before);
      Set<String> now = things(after);
      long shared = old.stream().filter(now::contains).count();
      changes++;
      both += shared;
      onlyOld += old.size() - shared;
      onlyNew += now.size() - shared;
      widenedOld += before.stream().anyMatch(Want::widened) ? 1 : 0;
      widenedNew += after.stream().anyMatch(Want::widened) ? 1 : 0;
      return shared != old.size() || shared != now.size();
    }

    Row row(TableName table, @Nullable String rule) {
      return new Row(table, rule, changes, both, onlyOld, onlyNew, widenedOld, widenedNew);
    }
  }

  /**
   * Counts of a table or of one of its rules.
   *
   * @param rule null for the table as a whole
   * @param changes for which one of the versions evicts something
   * @param both names that both versions evict, each counted once for each change
   * @param widenedOld changes for which the older version evicts more than it can name
   */
  public record Row(
      TableName table,
      @Nullable String rule,
      long changes,
      long both,
      long onlyOld,
      long onlyNew,
      long widenedOld,
      long widenedNew) {}

  /** A change for which the versions differ. */
  public record Sample(RecordedChange change, List<String> onlyOld, List<String> onlyNew) {
    /** Copies the lists. */
    public Sample {
      onlyOld = List.copyOf(onlyOld);
      onlyNew = List.copyOf(onlyNew);
    }
  }
}
