package dev.cachetide.system.oracle;

import dev.cachetide.system.oracle.Change.Row;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Related rows that have to leave: a search through every row after each commit. The worker looks
 * them up at some moment from the commit on, so what points at the changed row then must go, and
 * what points there later may. What pointed there and no longer does has changed since, which its
 * own rule sees.
 */
final class Lookups {

  private final List<Lookup> open = new ArrayList<>();
  private final List<Lookup> done = new ArrayList<>();

  void judge(OracleRule rule, Change change, boolean holds) {
    for (Fan fan : rule.fans()) {
      Set<String> values = new HashSet<>();
      for (Row row : new Row[] {change.old(), change.now()}) {
        if (row != null) {
          values.add(row.text(fan.pointedAt()));
        }
      }
      values.forEach(value -> open.add(new Lookup(fan, value, holds)));
    }
  }

  void addAll(Lookups others) {
    open.addAll(others.open);
  }

  /** After a commit, with all rows as they are then. */
  void search(List<Map<Integer, Row>> rows, Verdict verdict) {
    open.forEach(each -> each.search(rows, verdict, each.must));
    done.forEach(each -> each.search(rows, verdict, false));
    done.addAll(open);
    open.clear();
  }

  private record Lookup(Fan fan, String value, boolean must) {

    void search(List<Map<Integer, Row>> rows, Verdict verdict, boolean now) {
      int found = 0;
      for (Row row : rows.get(fan.child()).values()) {
        if (value.equals(row.text(fan.pointing()))) {
          found++;
          Set<String> names = fan.template().names(row, row);
          Verdict.names(verdict.may(), fan.template()).addAll(names);
          if (now) {
            Verdict.names(verdict.must(), fan.template()).addAll(names);
          }
        }
      }
      if (fan.cap() > 0 && found > fan.cap()) {
        verdict.open().add(fan.template());
      }
    }
  }
}
