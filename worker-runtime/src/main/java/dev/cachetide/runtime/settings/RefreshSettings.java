package dev.cachetide.runtime.settings;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a rule's {@code refresh} as it stands in the file.
 *
 * @param path in the file, {@code rules[0].refresh[1]}
 * @param key template of the single-row key
 * @param mode default fenced
 * @param columns what the value holds, in this order; empty for every column of the table
 * @param as default json
 * @param type the Java type that the client's codec reads, {@code text} or {@code bytes}; null in
 *     modes other than fenced
 * @param query SQL of a derived value; null for the row itself
 * @param ttl null where the life comes from a column, and in mode plain
 * @param ttlColumn null where the life is fixed
 * @param jitterPercent default 0; by how much a life may be shortened at random
 * @param create default false; whether entries that were not there are made
 * @param again mode plain: after how long the key is evicted a second time; null for once only
 */
public record RefreshSettings(
    String path,
    String key,
    Mode mode,
    List<Column> columns,
    As as,
    @Nullable String type,
    @Nullable String query,
    @Nullable Duration ttl,
    @Nullable String ttlColumn,
    int jitterPercent,
    boolean create,
    @Nullable Duration again) {

  /** Copies the list. */
  public RefreshSettings {
    columns = List.copyOf(columns);
  }

  /**
   * A column of the value.
   *
   * @param name in the value
   * @param column in the table
   */
  public record Column(String name, String column) {}

  /** Who else writes the key, and how. */
  public enum Mode {
    /** Applications fill it through the client library. */
    FENCED,
    /** Applications in any language fill it; the worker only evicts. */
    PLAIN,
    /** Nobody but the worker writes it. */
    MIRROR;

    /** As the file spells it. */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What a value is in Redis. */
  public enum As {
    /** A string that holds a JSON object. */
    JSON,
    /** A Redis hash with a field for each column. */
    HASH
  }
}
