package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import java.util.List;

/** One row; or one table, where its rows cannot be told apart. */
record RowKey(TableName table, List<String> key) {

  static RowKey of(RowOp op) {
    return new RowKey(op.table().name(), op.table().tellsRowsApart() ? op.key() : List.of());
  }
}
