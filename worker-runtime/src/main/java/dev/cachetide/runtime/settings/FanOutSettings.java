package dev.cachetide.runtime.settings;

import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One {@code fan_out} of a rule as it stands in the file: what leaves with rows that a changed row
 * is related to.
 *
 * @param path in the file, {@code rules[0].fan_out[1]}
 * @param evict the template over a related row; no pattern
 * @param query SQL that finds the related rows; null when {@code through} does
 * @param through the table of the related rows; null when {@code query} finds them
 * @param cap the most related rows of one image of a changed row; default 1000
 * @param above what leaves instead when there are more, a template over the changed row; null for
 *     everything that {@code evict} could name
 */
public record FanOutSettings(
    String path,
    EvictSettings evict,
    @Nullable String query,
    @Nullable Through through,
    int cap,
    @Nullable EvictSettings above) {

  /**
   * A table whose rows point at the changed row.
   *
   * @param schema default {@code public}
   * @param columns that point; empty for those of its one foreign key to the changed row's table
   * @param references that they point at; empty for those of the foreign key over {@code columns}
   */
  public record Through(
      String schema, String table, List<String> columns, List<String> references) {
    /** Copies the lists. */
    public Through {
      columns = List.copyOf(columns);
      references = List.copyOf(references);
    }
  }
}
