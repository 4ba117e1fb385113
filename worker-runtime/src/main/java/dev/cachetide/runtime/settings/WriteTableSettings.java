package dev.cachetide.runtime.settings;

import java.util.List;

/**
 * A table that applications may write to.
 *
 * @param path of the entry in the file, {@code writes[0]}
 * @param schema {@code public} when the file names the table alone
 * @param key the columns that name one row; never empty
 */
public record WriteTableSettings(String path, String schema, String table, List<String> key) {

  /** Copies the list. */
  public WriteTableSettings {
    key = List.copyOf(key);
  }
}
