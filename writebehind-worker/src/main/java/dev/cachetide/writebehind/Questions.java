package dev.cachetide.writebehind;

import dev.cachetide.writebehind.RowScreens.Effects;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/** Asks Postgres which effects on one table its constraints will refuse, one kind at a time. */
final class Questions {

  private static final Set<RowOp.Kind> INSERTS = Set.of(RowOp.Kind.INSERT, RowOp.Kind.UPSERT);

  private static final Set<RowOp.Kind> DELETES = Set.of(RowOp.Kind.DELETE);

  private final RowScreens screens;

  Questions(RowScreens screens) {
    this.screens = screens;
  }

  /**
   * Asks.
   *
   * @param suspicion what it is asked for; nothing is asked for what its values tell
   * @param effects all on the table, by a log that says what else happens
   */
  void ask(Suspicion suspicion, TargetTable table, Effects effects, Found found)
      throws SQLException {
    if (effects.indexes().isEmpty()) {
      return;
    }
    switch (suspicion) {
      case CHECK -> askForChecks(table, effects, index -> found.accept(index, suspicion));
      case PARENT -> askForParents(table, effects, index -> found.accept(index, suspicion));
      case PRESENCE -> askForRows(table, effects, index -> found.accept(index, suspicion));
      case OTHERS, TAKEN -> askForUniqueValues(table, effects, found);
      case VALUE, REMEMBERED -> {}
    }
  }

  private void askForChecks(TargetTable table, Effects effects, IntConsumer found)
      throws SQLException {
    for (TargetTable.Check check : table.constraints().checks()) {
      screens.failing(table, check, effects, found);
    }
  }

  private void askForParents(TargetTable table, Effects effects, IntConsumer found)
      throws SQLException {
    for (TargetTable.Parent parent : table.constraints().parents()) {
      screens.orphans(
          table, parent, effects, keys -> effects.keys(parent.table(), INSERTS, keys), found);
    }
  }

  private void askForRows(TargetTable table, Effects effects, IntConsumer found)
      throws SQLException {
    Effects changes = effects.only(Set.of(RowOp.Kind.CHANGE, RowOp.Kind.DELETE));
    if (!changes.indexes().isEmpty()) {
      screens.absent(table, changes, keys -> effects.keys(table.name(), INSERTS, keys), found);
    }
    Effects inserts = effects.only(Set.of(RowOp.Kind.INSERT));
    if (!inserts.indexes().isEmpty()) {
      screens.present(table, inserts, keys -> effects.keys(table.name(), DELETES, keys), found);
    }
  }

  private void askForUniqueValues(TargetTable table, Effects effects, Found found)
      throws SQLException {
    if (table.uniques().isEmpty()) {
      return;
    }
    Map<Integer, List<String>> holders = new LinkedHashMap<>();
    for (List<String> unique : table.uniques()) {
      screens.taken(
          table, unique, effects, (index, key) -> holders.putIfAbsent(index, plain(table, key)));
    }
    Set<List<String>> written =
        effects.keys(
            table.name(), EnumSet.allOf(RowOp.Kind.class), new HashSet<>(holders.values()));
    holders.forEach(
        (index, key) -> {
          boolean stays = table.tellsRowsApart() && !key.isEmpty() && !written.contains(key);
          found.accept(index, stays ? Suspicion.TAKEN : Suspicion.OTHERS);
        });
  }

  /** A key, as Postgres writes it, as commands have it; empty for a form of its own. */
  private static List<String> plain(TargetTable table, List<String> asPostgresHasIt) {
    List<String> key = new ArrayList<>();
    for (int i = 0; i < asPostgresHasIt.size(); i++) {
      try {
        key.add(PgText.key(table.key().get(i).type(), asPostgresHasIt.get(i)));
      } catch (MisfitException e) {
        return List.of();
      }
    }
    return key;
  }

  /** Hears what is suspected. */
  interface Found {
    void accept(int index, Suspicion suspicion);
  }
}
