package dev.cachetide.invalidation.rules;

import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.key.Reference.Image;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * When a rule applies, in a logic of three values: what an event does not tell is unknown, and a
 * rule whose condition is unknown applies. Immutable.
 */
public sealed interface Condition {

  /** Always. */
  Condition ALWAYS = new All(List.of());

  /** Whether it holds for a changed row. */
  Truth test(ChangedRow row);

  /** Columns that it looks at, with the image; each must be told for it to be decided. */
  List<Column> columns();

  /** All of them hold. */
  record All(List<Condition> conditions) implements Condition {

    /** Copies the list. */
    public All {
      conditions = List.copyOf(conditions);
    }

    @Override
    public Truth test(ChangedRow row) {
      Truth truth = Truth.YES;
      for (Condition each : conditions) {
        truth = truth.and(each.test(row));
      }
      return truth;
    }

    @Override
    public List<Column> columns() {
      return conditions.stream().flatMap(each -> each.columns().stream()).toList();
    }
  }

  /** One of them holds. */
  record Any(List<Condition> conditions) implements Condition {

    /** Copies the list. */
    public Any {
      conditions = List.copyOf(conditions);
    }

    @Override
    public Truth test(ChangedRow row) {
      Truth none = Truth.YES;
      for (Condition each : conditions) {
        none = none.and(each.test(row).not());
      }
      return none.not();
    }

    @Override
    public List<Column> columns() {
      return new All(conditions).columns();
    }
  }

  /** It does not hold. */
  record Not(Condition condition) implements Condition {

    @Override
    public Truth test(ChangedRow row) {
      return condition.test(row).not();
    }

    @Override
    public List<Column> columns() {
      return condition.columns();
    }
  }

  /** It is one of these operations. */
  record Op(Set<Operation> operations) implements Condition {

    /** Copies the set. */
    public Op {
      operations = Set.copyOf(operations);
    }

    @Override
    public Truth test(ChangedRow row) {
      return Truth.of(operations.contains(row.event().operation()));
    }

    @Override
    public List<Column> columns() {
      return List.of();
    }
  }

  /** An update has changed one of these columns, or it is no update. */
  record Changed(String path, List<String> names) implements Condition {

    /** Copies the list. */
    public Changed {
      names = List.copyOf(names);
    }

    @Override
    public Truth test(ChangedRow row) {
      Truth none = Truth.YES;
      for (String name : names) {
        Boolean changed = row.changed(name);
        none = none.and(changed == null ? Truth.UNKNOWN : Truth.of(!changed));
      }
      return none.not();
    }

    @Override
    public List<Column> columns() {
      return names.stream().map(name -> new Column(path, Image.OLD, name)).toList();
    }
  }

  /**
   * An image of the row passes every test; of EITHER, one of the two does. False when there is no
   * such image.
   *
   * @param tests by column
   */
  record Row(String path, Image image, Map<String, ValueTest> tests) implements Condition {

    /** Copies the map. */
    public Row {
      tests = Map.copyOf(tests);
    }

    @Override
    public Truth test(ChangedRow row) {
      return image == Image.EITHER
          ? test(row, Image.OLD).not().and(test(row, Image.NEW).not()).not()
          : test(row, image);
    }

    private Truth test(ChangedRow row, Image one) {
      if (!row.exists(one)) {
        return Truth.NO;
      }
      Truth truth = Truth.YES;
      for (Map.Entry<String, ValueTest> test : tests.entrySet()) {
        ChangedRow.Told told = row.value(one, test.getKey());
        truth = truth.and(told.known() ? test.getValue().test(told.text()) : Truth.UNKNOWN);
      }
      return truth;
    }

    @Override
    public List<Column> columns() {
      return tests.keySet().stream()
          .sorted()
          .map(name -> new Column(path + "." + name, image, name))
          .toList();
    }
  }

  /**
   * A column that a condition looks at.
   *
   * @param path in the file
   */
  record Column(String path, Image image, String name) {}

  /** Yes, no, or not told. */
  enum Truth {
    YES,
    NO,
    UNKNOWN;

    static Truth of(boolean truth) {
      return truth ? YES : NO;
    }

    Truth and(Truth other) {
      if (this == NO || other == NO) {
        return NO;
      }
      return this == YES && other == YES ? YES : UNKNOWN;
    }

    Truth not() {
      return switch (this) {
        case YES -> NO;
        case NO -> YES;
        case UNKNOWN -> UNKNOWN;
      };
    }
  }
}
