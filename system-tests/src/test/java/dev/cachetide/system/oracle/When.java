package dev.cachetide.system.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.system.oracle.Change.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A rule's condition, and the oracle's own idea of it: the rows are known, so it is yes or no. */
sealed interface When {

  JsonNodeFactory JSON = JsonNodeFactory.instance;

  boolean holds(Change change);

  /** As an entry or several of a {@code when}. */
  void write(ObjectNode when);

  /** Columns whose old values it looks at. */
  List<String> old();

  /** Columns that it looks at. */
  List<String> all();

  static ObjectNode json(When when) {
    ObjectNode node = JSON.objectNode();
    when.write(node);
    return node;
  }

  /** What happened. */
  record Op(List<String> operations) implements When {

    @Override
    public boolean holds(Change change) {
      return operations.contains(change.operation());
    }

    @Override
    public void write(ObjectNode when) {
      operations.forEach(when.putArray("op")::add);
    }

    @Override
    public List<String> old() {
      return List.of();
    }

    @Override
    public List<String> all() {
      return List.of();
    }
  }

  /** An update changed one of them. */
  record Changed(List<String> columns) implements When {

    @Override
    public boolean holds(Change change) {
      return !change.operation().equals("update")
          || columns.stream()
              .anyMatch(each -> !Objects.equals(change.old().text(each), change.now().text(each)));
    }

    @Override
    public void write(ObjectNode when) {
      columns.forEach(when.putArray("changed")::add);
    }

    @Override
    public List<String> old() {
      return columns;
    }

    @Override
    public List<String> all() {
      return columns;
    }
  }

  /**
   * What a row was or is.
   *
   * @param image old, new or row
   */
  record Is(String image, List<Cell> cells) implements When {

    @Override
    public boolean holds(Change change) {
      return (!image.equals("new") && holds(change.old()))
          || (!image.equals("old") && holds(change.now()));
    }

    private boolean holds(Row row) {
      return row != null
          && cells.stream().allMatch(cell -> cell.asked.passes(row.text(cell.column)));
    }

    @Override
    public void write(ObjectNode when) {
      ObjectNode node = when.putObject(image);
      cells.forEach(cell -> node.set(cell.column, cell.asked.json()));
    }

    @Override
    public List<String> old() {
      return image.equals("new") ? List.of() : all();
    }

    @Override
    public List<String> all() {
      return cells.stream().map(Cell::column).toList();
    }
  }

  /** All of them, no two of which are of one kind. */
  record All(List<When> parts) implements When {

    @Override
    public boolean holds(Change change) {
      return parts.stream().allMatch(part -> part.holds(change));
    }

    @Override
    public void write(ObjectNode when) {
      parts.forEach(part -> part.write(when));
    }

    @Override
    public List<String> old() {
      return parts.stream().flatMap(part -> part.old().stream()).toList();
    }

    @Override
    public List<String> all() {
      return parts.stream().flatMap(part -> part.all().stream()).toList();
    }
  }

  /** One of them. */
  record Any(List<When> parts) implements When {

    @Override
    public boolean holds(Change change) {
      return parts.stream().anyMatch(part -> part.holds(change));
    }

    @Override
    public void write(ObjectNode when) {
      List<JsonNode> each = new ArrayList<>();
      parts.forEach(part -> each.add(json(part)));
      when.putArray("any").addAll(each);
    }

    @Override
    public List<String> old() {
      return new All(parts).old();
    }

    @Override
    public List<String> all() {
      return new All(parts).all();
    }
  }

  /** The opposite. */
  record Not(When part) implements When {

    @Override
    public boolean holds(Change change) {
      return !part.holds(change);
    }

    @Override
    public void write(ObjectNode when) {
      when.set("not", json(part));
    }

    @Override
    public List<String> old() {
      return part.old();
    }

    @Override
    public List<String> all() {
      return part.all();
    }
  }

  /** What is asked of one column. */
  record Cell(String column, Asked asked) {}
}
