package dev.cachetide.writebehind;

import dev.cachetide.runtime.postgres.Identifiers;
import dev.cachetide.wire.TableName;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A listed table as the catalogue has it.
 *
 * @param key the listed key columns, in the listed order
 * @param keyUnique a unique index on exactly the key can arbitrate {@code ON CONFLICT}
 * @param uniques the columns of each unique index that is not the key's
 * @param required what an inserted row has to be given, key columns aside
 * @param constraints what else may refuse a row
 * @param policy what happens when others change its rows too
 */
record TargetTable(
    TableName name,
    List<TargetColumn> key,
    Map<String, TargetColumn> columns,
    boolean keyUnique,
    References references,
    List<List<String>> uniques,
    List<TargetColumn> required,
    Constraints constraints,
    ConflictPolicy policy) {

  /** Copies the collections. */
  TargetTable {
    key = List.copyOf(key);
    // asked for every value that is written, of which a plain hash map makes less than Map.copyOf
    columns = Collections.unmodifiableMap(new HashMap<>(columns));
    uniques = List.copyOf(uniques);
    required = List.copyOf(required);
  }

  /** One of which nothing is known to be required. */
  TargetTable(
      TableName name,
      List<TargetColumn> key,
      Map<String, TargetColumn> columns,
      boolean keyUnique,
      References references,
      List<List<String>> uniques,
      ConflictPolicy policy) {
    this(name, key, columns, keyUnique, references, uniques, List.of(), Constraints.NONE, policy);
  }

  @Nullable TargetColumn column(String column) {
    return columns.get(column);
  }

  /** A column that was checked to exist. */
  TargetColumn known(String column) {
    TargetColumn known = columns.get(column);
    if (known == null) {
      throw new IllegalStateException("column not in the catalogue: " + column);
    }
    return known;
  }

  /** Whether different key texts are certain to name different rows. */
  boolean tellsRowsApart() {
    // asked for every command: a loop, no stream
    for (TargetColumn column : key) {
      if (!column.tellsValuesApart()) {
        return false;
      }
    }
    return true;
  }

  String quoted() {
    return Identifiers.quoted(name);
  }

  /**
   * What foreign keys mean for its rows.
   *
   * @param rank parents have a lower one than the tables that refer to them, where there is no
   *     cycle
   * @param cascadingDelete deleting a row makes Postgres change or delete rows that refer to it
   * @param cascadingColumns changing one of these makes Postgres change rows that refer to it
   */
  record References(int rank, boolean cascadingDelete, Set<String> cascadingColumns) {

    /** Copies the set. */
    References {
      cascadingColumns = Set.copyOf(cascadingColumns);
    }
  }

  /**
   * What may refuse a row, as far as it is foreseen.
   *
   * @param referenced its columns that foreign keys of any table refer to
   * @param triggers whether triggers or rules of the user have a say
   */
  record Constraints(
      List<Check> checks, List<Parent> parents, Set<String> referenced, boolean triggers) {

    static final Constraints NONE = new Constraints(List.of(), List.of(), Set.of(), false);

    /** Copies the collections. */
    Constraints {
      checks = List.copyOf(checks);
      parents = List.copyOf(parents);
      referenced = Set.copyOf(referenced);
    }
  }

  /**
   * A check constraint.
   *
   * @param expression as Postgres spells it
   */
  record Check(String expression, List<String> columns) {}

  /**
   * A foreign key.
   *
   * @param table listed or not
   * @param parentColumns of that table, in the order of {@code columns}
   */
  record Parent(TableName table, List<String> columns, List<String> parentColumns) {}
}
