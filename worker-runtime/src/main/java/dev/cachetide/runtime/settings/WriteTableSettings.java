package dev.cachetide.runtime.settings;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table that applications may write to.
 *
 * @param path of the entry in the file, {@code writes[0]}
 * @param schema {@code public} when the file names the table alone
 * @param key the columns that name one row; never empty
 * @param conflicts default {@link Conflicts#LOG_ORDER}
 * @param version the column that tells a row's version; null except for {@link
 *     Conflicts#OPTIMISTIC}
 */
public record WriteTableSettings(
    String path,
    String schema,
    String table,
    List<String> key,
    Conflicts conflicts,
    @Nullable String version) {

  /** Copies the list. */
  public WriteTableSettings {
    key = List.copyOf(key);
  }

  /** What happens when others change a row that a write command means to change as well. */
  public enum Conflicts {
    /** Commands take effect in the order of the log, whatever the row holds. */
    LOG_ORDER("log-order"),
    /** A command names the version it has seen; if the row has another, the command loses. */
    OPTIMISTIC("optimistic"),
    /** As log order, but a command may only write the columns it means to change: no upsert. */
    COLUMNS("columns"),
    /** A command may only add: no column is overwritten. */
    DELTA("delta");

    private final String text;

    Conflicts(String text) {
      this.text = text;
    }

    /** As the file has it. */
    public String text() {
      return text;
    }
  }
}
