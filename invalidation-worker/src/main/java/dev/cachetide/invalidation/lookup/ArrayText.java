package dev.cachetide.invalidation.lookup;

import org.jspecify.annotations.Nullable;

/** Writes the text of a Postgres array: every value in quotes, so that none is read as NULL. */
final class ArrayText {

  private final StringBuilder text = new StringBuilder("{");

  /** One more; null for NULL. */
  void add(@Nullable String value) {
    if (text.length() > 1) {
      text.append(',');
    }
    if (value == null) {
      text.append("NULL");
    } else {
      text.append('"').append(value.replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
    }
  }

  @Override
  public String toString() {
    return text + "}";
  }
}
