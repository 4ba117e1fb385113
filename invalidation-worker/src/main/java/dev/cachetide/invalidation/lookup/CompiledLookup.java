package dev.cachetide.invalidation.lookup;

import dev.cachetide.invalidation.rules.FanOut;
import dev.cachetide.runtime.postgres.ColumnInfo;
import java.util.List;

/**
 * A {@code fan_out} as it is sent to one database.
 *
 * @param parameters columns of the changed row, an array each, in this order
 * @param columns of the related row that the template needs, in the result from its second on; the
 *     first says which element of the arrays a row belongs to, counted from one
 * @param sql with at most {@link FanOut#cap} and one more rows for each element
 */
record CompiledLookup(
    FanOut fanOut, List<ColumnInfo> parameters, List<String> columns, String sql) {

  CompiledLookup {
    parameters = List.copyOf(parameters);
    columns = List.copyOf(columns);
  }

  /** The names of {@link #parameters}. */
  List<String> sourceColumns() {
    return parameters.stream().map(ColumnInfo::name).toList();
  }
}
