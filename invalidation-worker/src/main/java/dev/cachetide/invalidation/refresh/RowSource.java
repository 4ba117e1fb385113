package dev.cachetide.invalidation.refresh;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Postgres, as values are loaded from it. */
interface RowSource extends AutoCloseable {

  /**
   * Loads values in one statement, whose snapshot is taken in this call.
   *
   * @param rows each with the columns by which it is found
   * @throws SQLException when the primary does not answer in time, or refuses
   */
  Loaded load(Refresh refresh, List<Map<String, @Nullable String>> rows) throws SQLException;

  /**
   * The next rows of a table in the order of its key, with the columns of key and template.
   *
   * @param after the last row of the page before; null for the first page
   */
  List<Map<String, @Nullable String>> page(
      Refresh refresh, @Nullable Map<String, @Nullable String> after, int rows) throws SQLException;

  @Override
  void close();

  /**
   * What was loaded.
   *
   * @param xmin of the snapshot; 0 with no rows
   * @param xmax of the snapshot; 0 with no rows
   * @param rows text by column
   */
  record Loaded(ValueShape shape, long xmin, long xmax, List<Map<String, @Nullable String>> rows) {

    /** Copies the list. */
    public Loaded {
      rows = List.copyOf(rows);
    }
  }
}
