package dev.cachetide.system.oracle;

import dev.cachetide.system.oracle.ColumnKind.Making;
import dev.cachetide.system.oracle.Table.Column;
import dev.cachetide.system.oracle.Template.Place;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Rules by chance, all of which the worker accepts. */
final class RuleDice {

  private static final List<String> KINDS =
      List.of("key", "key", "key", "key", "tag", "tag", "version", "pattern", "pattern");
  private static final List<String> SEPARATORS =
      List.of(":", "-", "|", "/", "::", "é", "🙂", "{", " ");
  private static final List<Asked> LIKES =
      List.of(
          new Asked.Like("", "a", ""),
          new Asked.Like("%", "", ""),
          new Asked.Like("", "", "\nlines"),
          new Asked.Like("b", "", "c"));
  private static final List<String> COMPARISONS =
      List.of("", "", "below", "at_most", "above", "at_least");

  private final Random random;
  private final String prefix;

  /**
   * @param prefix that no other case's keys have
   */
  RuleDice(Random random, String prefix) {
    this.random = random;
    this.prefix = prefix;
  }

  /**
   * Some rules.
   *
   * @param related whether some of them look related rows up
   */
  List<OracleRule> rules(List<Table> tables, boolean related) {
    List<OracleRule> rules = new ArrayList<>();
    int count = 3 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      rules.add(rule(i, tables));
    }
    for (Table child : tables) {
      if (related && child.relation() != null && random.nextBoolean()) {
        addFan(child, tables, rules);
      }
    }
    return rules;
  }

  private OracleRule rule(int i, List<Table> tables) {
    int number = random.nextInt(tables.size());
    Table table = tables.get(number);
    boolean widens = random.nextInt(7) == 0;
    List<Template> templates = new ArrayList<>();
    int count = 1 + random.nextInt(3);
    for (int e = 0; e < count; e++) {
      templates.add(template(table, prefix + ".r" + i + ".e" + e + ":", widens));
    }
    When when = random.nextInt(5) < 3 ? null : when(table, widens, 2);
    String name = prefix + ".r" + i;
    boolean skip = random.nextInt(5) == 0;
    return new OracleRule(name, number, table, when, templates, List.of(), skip, widens);
  }

  /** A rule that fans out to a table, and the rule that the table itself needs for it. */
  private void addFan(Table child, List<Table> tables, List<OracleRule> rules) {
    Table parent = child.relation().parent();
    if (child.told().isEmpty() || !parent.told().containsAll(parent.key())) {
      return;
    }
    String name = prefix + ".f" + rules.size();
    Template template = related(child, name + ":");
    int cap = random.nextInt(4) == 0 ? 1 + random.nextInt(2) : 0;
    Fan fan = new Fan(tables.indexOf(child), child, template, cap, random.nextInt(3));
    When when = random.nextInt(3) > 0 ? null : when(parent, false, 1);
    Template own = template(parent, name + ".own:", false);
    int number = tables.indexOf(parent);
    rules.add(new OracleRule(name, number, parent, when, List.of(own), List.of(fan), false, false));
    rules.add(
        new OracleRule(
            name + ".child", fan.child(), child, null, List.of(template), List.of(), false, false));
  }

  /** A template that names old rows and new ones. */
  private Template related(Table child, String prefix) {
    List<String> told = List.copyOf(child.told());
    List<Place> places = new ArrayList<>();
    int count = 1 + random.nextInt(2);
    for (int i = 0; i < count; i++) {
      Column column = child.column(Dice.one(random, told));
      Making making = Dice.one(random, column.kind().makings);
      String separator = i == count - 1 ? "" : Dice.one(random, SEPARATORS);
      places.add(new Place("", column.name(), making.spelling(), separator));
    }
    String kind = Dice.one(random, List.of("key", "key", "tag", "version"));
    return new Template(kind, prefix, places, "");
  }

  private Template template(Table table, String prefix, boolean widens) {
    String kind = Dice.one(random, KINDS);
    List<Place> places = new ArrayList<>();
    int count = random.nextInt(8) == 0 ? 0 : 1 + random.nextInt(random.nextInt(3) + 1);
    boolean onlyImages = random.nextInt(4) == 0;
    Set<String> told = table.told();
    for (int i = 0; i < count; i++) {
      Column column = Dice.one(random, table.columns());
      boolean reachable = widens || told.contains(column.name());
      boolean either = onlyImages || random.nextInt(6) == 0;
      String image = !reachable ? "new." : !either ? "" : random.nextBoolean() ? "old." : "new.";
      Making making = Dice.one(random, column.kind().makings);
      String separator = i == count - 1 ? "" : Dice.one(random, SEPARATORS);
      places.add(new Place(image, column.name(), making.spelling(), separator));
    }
    String ending =
        kind.equals("pattern")
            ? Dice.one(random, Template.endings())
            : random.nextInt(6) == 0 ? ":x" : "";
    return new Template(kind, prefix, places, ending);
  }

  private When when(Table table, boolean widens, int depth) {
    List<When> parts = new ArrayList<>();
    for (int kind : Dice.some(random, List.of(0, 1, 2, 3, 4, 5, 6), 2)) {
      When part = part(kind, table, widens, depth);
      if (part != null) {
        parts.add(part);
      }
    }
    return parts.isEmpty() ? op() : parts.size() == 1 ? parts.get(0) : new When.All(parts);
  }

  /** Null when the table has no column for it. */
  private When part(int kind, Table table, boolean widens, int depth) {
    return switch (kind) {
      case 0 -> op();
      case 1 -> changed(table, widens);
      case 2 -> is("old", table, widens);
      case 3 -> is("new", table, true);
      case 4 -> is("row", table, widens);
      case 5 ->
          depth == 0
              ? null
              : new When.Any(
                  List.of(when(table, widens, depth - 1), when(table, widens, depth - 1)));
      default -> depth == 0 ? null : new When.Not(when(table, widens, depth - 1));
    };
  }

  private When op() {
    return new When.Op(Dice.some(random, List.of("create", "update", "delete", "read"), 3));
  }

  private When changed(Table table, boolean any) {
    List<Column> columns = columns(table, any);
    return columns.isEmpty()
        ? null
        : new When.Changed(Dice.some(random, columns, 2).stream().map(Column::name).toList());
  }

  private When is(String image, Table table, boolean any) {
    List<Column> columns = columns(table, any);
    return columns.isEmpty()
        ? null
        : new When.Is(
            image,
            Dice.some(random, columns, 2).stream()
                .map(column -> new When.Cell(column.name(), asked(column.kind())))
                .toList());
  }

  private static List<Column> columns(Table table, boolean any) {
    Set<String> told = table.told();
    return table.columns().stream()
        .filter(column -> column.kind().plain && (any || told.contains(column.name())))
        .toList();
  }

  private Asked asked(ColumnKind kind) {
    return switch (random.nextInt(6)) {
      case 0 -> new Asked.Equal(null);
      case 1 -> new Asked.OneOf(random.nextBoolean(), List.of(scalar(kind), scalar(kind)));
      case 2 -> new Asked.OneOf(true, List.of(new Asked.Equal(null)));
      default -> value(kind);
    };
  }

  private Asked value(ColumnKind kind) {
    if (kind.number()) {
      return number(Dice.one(random, COMPARISONS), kind);
    }
    return kind == ColumnKind.TEXT && random.nextInt(3) == 0
        ? Dice.one(random, LIKES)
        : scalar(kind);
  }

  private Asked scalar(ColumnKind kind) {
    return switch (kind) {
      case WHOLE, MONEY -> number("", kind);
      case FLAG -> new Asked.Bool(random.nextBoolean());
      case TEXT -> new Asked.Equal(Dice.one(random, List.of("", "a", "A", "b:c", "null", "É-é")));
      case DAY -> new Asked.Equal("2024-02-29Z");
      case MOMENT -> new Asked.Equal("2024-02-29T23:30:00.000000Z");
      default -> new Asked.Equal("2");
    };
  }

  private Asked number(String how, ColumnKind kind) {
    List<String> numbers =
        kind == ColumnKind.WHOLE
            ? List.of("0", "1", "2", "-7")
            : List.of("0", "1.5", "2.25", "-3.00");
    return new Asked.Numeric(how, new BigDecimal(Dice.one(random, numbers)));
  }
}
