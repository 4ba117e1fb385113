package dev.cachetide.invalidation.rules;

import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rules applied to a change event: which keys, tags and versions must leave.
 *
 * <p>Every template is rendered for the row before <em>and</em> after the change, so the entry
 * under the old e-mail address leaves as well as the one under the new. An update without a row
 * before it (REPLICA IDENTITY DEFAULT, key unchanged) needs none: the catalogue check has made sure
 * that every column of a template is in the replica identity, so Postgres would have told of a
 * change.
 *
 * <p>Where an image lacks a column that a template needs, the template's pattern leaves instead:
 * too much is safe, too little is not.
 */
public final class RulePlanner {

  private RulePlanner() {}

  /**
   * Adds to a plan what an event calls for.
   *
   * @param rules of the event's table
   * @return whether an image lacked a column: the rules or the table have changed, and an operator
   *     should know
   */
  public static boolean plan(ChangeEvent event, List<Rule> rules, Plan plan) {
    boolean lacking = false;
    for (Rule rule : rules) {
      for (Rule.Eviction eviction : rule.evict()) {
        if (event.operation() == Operation.TRUNCATE) {
          eviction.everything(plan);
        } else {
          lacking |= plan(eviction, event, plan);
        }
      }
    }
    return lacking;
  }

  private static boolean plan(Rule.Eviction eviction, ChangeEvent event, Plan plan) {
    List<RowImage> images = images(event);
    List<String> columns = eviction.template().columns();
    boolean lacking = false;
    boolean precise = !images.isEmpty();
    for (RowImage image : images) {
      Map<String, @Nullable String> row = row(columns, image, images);
      if (row != null) {
        eviction.plan(row, plan);
      } else {
        precise = false;
        lacking |=
            columns.stream().anyMatch(c -> !image.knows(c) && !image.unavailable().contains(c));
      }
    }
    if (!precise) {
      Plan everything = new Plan();
      eviction.everything(everything);
      plan.widen(everything);
    }
    return lacking;
  }

  private static List<RowImage> images(ChangeEvent event) {
    List<RowImage> images = new ArrayList<>(2);
    if (event.before() != null) {
      images.add(event.before());
    }
    if (event.after() != null) {
      images.add(event.after());
    }
    return images;
  }

  /**
   * The columns' values in one image. A value that Postgres did not repeat is the same in the other
   * image. Null when a value is nowhere.
   */
  private static @Nullable Map<String, @Nullable String> row(
      List<String> columns, RowImage image, List<RowImage> images) {
    Map<String, @Nullable String> row = new HashMap<>();
    for (String column : columns) {
      RowImage source = image;
      if (!image.knows(column) && image.unavailable().contains(column)) {
        source = images.stream().filter(other -> other.knows(column)).findFirst().orElse(image);
      }
      if (!source.knows(column)) {
        return null;
      }
      row.put(column, source.values().get(column));
    }
    return row;
  }
}
