package dev.cachetide.writebehind;

import dev.cachetide.runtime.settings.WriteTableSettings.Conflicts;
import dev.cachetide.wire.WriteCommand;
import java.math.BigDecimal;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a listed table allows of write commands, because others change its rows too.
 *
 * @param version the column that tells a row's version; null except for {@link
 *     Conflicts#OPTIMISTIC}
 */
record ConflictPolicy(Conflicts conflicts, @Nullable TargetColumn version) {

  static final ConflictPolicy LOG_ORDER = new ConflictPolicy(Conflicts.LOG_ORDER, null);

  /**
   * Refuses what the policy has no room for.
   *
   * @throws MisfitException naming the policy and what to send instead
   */
  void check(WriteCommand command) throws MisfitException {
    boolean insert = command instanceof WriteCommand.Insert;
    boolean whole = command instanceof WriteCommand.Upsert;
    switch (conflicts) {
      case LOG_ORDER -> {}
      case COLUMNS -> refuse(whole, "upsert", "insert or update");
      case DELTA ->
          refuse(
              whole || command instanceof WriteCommand.Update,
              "upsert and update",
              "insert, delta or delete");
      case OPTIMISTIC -> {
        if (!insert && command.base() == null) {
          throw new MisfitException(
              "'base' is missing: the table's conflicts are optimistic, so a command names the"
                  + " version that it has seen");
        }
      }
    }
    if (conflicts != Conflicts.OPTIMISTIC && command.base() != null) {
      throw new MisfitException(
          "'base' would not be looked at: the table's conflicts are " + conflicts.text());
    }
  }

  /**
   * A planned effect as the policy has it: with the version to find and the one to leave behind. An
   * upsert that has seen a version has seen a row, so it is a change.
   */
  RowOp guard(RowOp op, @Nullable Object base) throws MisfitException {
    if (version == null) {
      return op;
    }
    String name = version.name();
    if (op.set().containsKey(name) && op.set().get(name) == null) {
      throw new MisfitException("column '" + name + "' tells the version and cannot be null");
    }
    if (base == null) {
      return op;
    }
    if (op.kind() == RowOp.Kind.DELETE) {
      return op.onlyAt(text(base));
    }
    return RowOp.change(op.table(), op.key(), op.set(), raised(op)).onlyAt(text(base));
  }

  private Columns<BigDecimal> raised(RowOp op) {
    if (version == null
        || version.generated()
        || version.type().kind() != PgType.Kind.INTEGER
        || op.set().containsKey(version.name())
        || op.add().containsKey(version.name())) {
      return op.add();
    }
    SortedMap<String, BigDecimal> raised = new TreeMap<>(op.add());
    raised.put(version.name(), BigDecimal.ONE);
    return Columns.of(raised);
  }

  private String text(Object base) throws MisfitException {
    if (version == null) {
      throw new IllegalStateException("a base where no column tells the version");
    }
    try {
      return PgText.key(version.type(), base);
    } catch (MisfitException e) {
      throw new MisfitException("'base': column '" + version.name() + "' " + e.getMessage());
    }
  }

  private void refuse(boolean refused, String what, String instead) throws MisfitException {
    if (refused) {
      throw new MisfitException(
          "the table's conflicts are "
              + conflicts.text()
              + ", which takes no "
              + what
              + ": send "
              + instead);
    }
  }
}
