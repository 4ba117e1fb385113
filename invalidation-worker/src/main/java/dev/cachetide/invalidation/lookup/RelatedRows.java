package dev.cachetide.invalidation.lookup;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rows that one lookup found, by the element that it asked for. Bounded. */
final class RelatedRows {

  private final int cap;
  private final int most;
  private final List<@Nullable List<Map<String, @Nullable String>>> byElement;
  private int read;

  /**
   * @param elements how many were asked for
   * @param cap the most of one element
   * @param most of all of them; beyond it none is told any more
   */
  RelatedRows(int elements, int cap, int most) {
    this.cap = cap;
    this.most = most;
    byElement = new ArrayList<>(elements);
    for (int i = 0; i < elements; i++) {
      byElement.add(new ArrayList<>());
    }
  }

  /**
   * Keeps a row.
   *
   * @param element counted from zero
   * @return false when there are too many in all
   */
  boolean add(int element, Map<String, @Nullable String> row) {
    read++;
    List<Map<String, @Nullable String>> rows = byElement.get(element);
    if (rows != null && rows.size() < cap) {
      rows.add(row);
    } else {
      byElement.set(element, null);
    }
    return !tooManyInAll();
  }

  /** The rows of an element; null when there are more than is allowed. */
  @Nullable List<Map<String, @Nullable String>> of(int element) {
    return tooManyInAll() ? null : byElement.get(element);
  }

  int read() {
    return read;
  }

  private boolean tooManyInAll() {
    return read > most;
  }
}
