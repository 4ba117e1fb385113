package dev.cachetide.cli.parked;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One thing set aside, whole. Unless values were asked for, it holds names and types only.
 *
 * @param facts what else is known, in the order to be shown: the operation, the writer's id, what
 *     failed where
 * @param fields what it holds; empty when it cannot be read
 * @param body the record's value; null unless values were asked for and there is one
 */
public record LetterDetail(
    Letter letter, Map<String, String> facts, List<Field> fields, @Nullable String body) {

  /** Copies the list. */
  public LetterDetail {
    fields = List.copyOf(fields);
  }

  /**
   * One column or field.
   *
   * @param part {@code key}, {@code set}, {@code add}, {@code before}, {@code after}; empty for a
   *     field of the record itself
   * @param type as JSON has it: text, number, boolean, null, object, array
   * @param value as JSON; null unless values were asked for
   */
  public record Field(String part, String name, String type, @Nullable String value) {}
}
