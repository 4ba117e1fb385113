package dev.cachetide.invalidation.rules;

import dev.cachetide.key.Reference.Image;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The distinct values by which the related rows of a batch's changed rows are looked up, of the
 * rows as they were and as they are, and whose they are. Pure.
 */
public final class LookupTuples {

  private static final List<Image> IMAGES = List.of(Image.OLD, Image.NEW);

  private final Map<List<@Nullable String>, List<Occurrence>> tuples = new LinkedHashMap<>();
  private @Nullable ChangeEvent lacking;
  private boolean complete = true;

  private LookupTuples() {}

  /**
   * Those of some rows.
   *
   * @param columns that the lookup needs
   */
  public static LookupTuples of(List<String> columns, List<ChangedRow> rows) {
    LookupTuples tuples = new LookupTuples();
    for (ChangedRow row : rows) {
      for (Image image : IMAGES) {
        if (row.exists(image)) {
          tuples.add(columns, row, image);
        }
      }
    }
    return tuples;
  }

  private void add(List<String> columns, ChangedRow row, Image image) {
    List<@Nullable String> values = new ArrayList<>(columns.size());
    for (String column : columns) {
      ChangedRow.Told told = row.value(image, column);
      values.add(told.text());
      if (!told.known()) {
        complete = false;
        lacking = lacking == null && told.lacking() ? row.event() : lacking;
        return;
      }
    }
    tuples
        .computeIfAbsent(Collections.unmodifiableList(values), any -> new ArrayList<>(1))
        .add(new Occurrence(row, image));
  }

  /** One value a column, null for NULL. */
  public List<List<@Nullable String>> values() {
    return List.copyOf(tuples.keySet());
  }

  /** Whether every image tells every column. */
  public boolean complete() {
    return complete;
  }

  /** The first event with an image that lacks a column which it should have; null for none. */
  public @Nullable ChangeEvent lacking() {
    return lacking;
  }

  /** Adds what leaves when a tuple has too many related rows. */
  public void aboveCap(Lookup lookup, List<@Nullable String> tuple, Plan plan) {
    tuples.getOrDefault(tuple, List.of()).stream()
        .flatMap(each -> lookup.aboveCap(each.row(), each.image()).stream())
        .distinct()
        .forEach(plan::add);
  }

  /** An image of a changed row with these values. */
  private record Occurrence(ChangedRow row, Image image) {}
}
