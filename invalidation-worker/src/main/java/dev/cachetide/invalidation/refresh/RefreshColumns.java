package dev.cachetide.invalidation.refresh;

import dev.cachetide.invalidation.refresh.ColumnType.Kind;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.TableInfo;
import java.util.List;

/** What columns are good for. Pure. */
public final class RefreshColumns {

  private RefreshColumns() {}

  /** Those that a refresh puts into a value, as far as the table has them. */
  public static List<ColumnInfo> of(Refresh refresh, TableInfo table) {
    return ValueShape.columns(refresh.settings(), table).stream()
        .flatMap(column -> table.column(column.column()).stream())
        .toList();
  }

  /** Whether an event and a query give the same JSON. */
  public static boolean renderable(ColumnInfo column) {
    return ColumnType.of(column).isPresent();
  }

  /** Whether a row can be found by the text that an event tells. */
  public static boolean findable(ColumnInfo column) {
    return ColumnType.of(column).filter(ColumnType::findable).isPresent();
  }

  /** Whether it tells when a value ends. */
  public static boolean tellsTime(ColumnInfo column) {
    return ColumnType.of(column)
        .filter(type -> type.kind() == Kind.TIMESTAMP || type.kind() == Kind.TIMESTAMP_WITH_ZONE)
        .isPresent();
  }
}
