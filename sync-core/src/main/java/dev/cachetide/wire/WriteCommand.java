package dev.cachetide.wire;

import java.math.BigDecimal;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A write to one row that an application intends: accepted once Kafka has acknowledged it, applied
 * to Postgres once by the write-behind worker.
 *
 * <p>Column values are JSON values. Factories and constructors take {@code null}, {@link Boolean},
 * {@link String}, any {@link Number}, {@link java.util.List} and {@link Map} with text keys, nested
 * as wished; the accessors return numbers as {@link BigDecimal}, so that no digit is lost, and
 * everything else as given, copied and unmodifiable. Dates, UUIDs and bytes are passed as text that
 * Postgres reads.
 *
 * <p>Every constructor and factory throws {@link IllegalArgumentException} for a command that the
 * worker would refuse whatever the table: an empty key, a key value that is not text, number or
 * boolean, a key column that is written as well, a value that is not JSON, text with U+0000 or an
 * unpaired surrogate, a number with more than 2,000 digits before or after the point.
 */
public sealed interface WriteCommand {

  /** The table, as the catalogue spells it. */
  TableName table();

  /** The columns that name the row and their values; never empty, no value null. */
  Map<String, Object> key();

  /** The writer's own name for this write, stored beside it when it is parked; null for none. */
  @Nullable String id();

  /** The same command under another id. */
  WriteCommand withId(String id);

  /** Inserts the row, or sets these columns of the row that is there. */
  static Upsert upsert(String table, Map<String, ?> key, Map<String, ?> set) {
    return new Upsert(
        TableName.parse(table), JsonValues.columns(key), JsonValues.columns(set), null);
  }

  /** Sets these columns of the row that is there. */
  static Update update(String table, Map<String, ?> key, Map<String, ?> set) {
    return new Update(
        TableName.parse(table), JsonValues.columns(key), JsonValues.columns(set), null);
  }

  /** Deletes the row that is there. */
  static Delete delete(String table, Map<String, ?> key) {
    return new Delete(TableName.parse(table), JsonValues.columns(key), null);
  }

  /** Adds to number columns of the row that is there; a column that is NULL counts as 0. */
  static Delta delta(String table, Map<String, ?> key, Map<String, ? extends Number> add) {
    return new Delta(
        TableName.parse(table), JsonValues.columns(key), JsonValues.amounts(add), null);
  }

  /**
   * Insert or update.
   *
   * @param set the columns to write, by name; a value may be null; may be empty
   */
  record Upsert(
      TableName table, Map<String, Object> key, Map<String, Object> set, @Nullable String id)
      implements WriteCommand {
    /** Checks and copies. */
    public Upsert {
      key = WriteCommandRules.key(key);
      set = WriteCommandRules.beside(key, JsonValues.columns(set));
      id = WriteCommandRules.id(id);
    }

    @Override
    public Upsert withId(String id) {
      return new Upsert(table, key, set, id);
    }
  }

  /**
   * Update of named columns. A row that does not exist makes it a dead letter.
   *
   * @param set the columns to write, by name; a value may be null; never empty
   */
  record Update(
      TableName table, Map<String, Object> key, Map<String, Object> set, @Nullable String id)
      implements WriteCommand {
    /** Checks and copies. */
    public Update {
      key = WriteCommandRules.key(key);
      set = WriteCommandRules.filled("set", WriteCommandRules.beside(key, JsonValues.columns(set)));
      id = WriteCommandRules.id(id);
    }

    @Override
    public Update withId(String id) {
      return new Update(table, key, set, id);
    }
  }

  /** Delete. A row that does not exist makes it a dead letter. */
  record Delete(TableName table, Map<String, Object> key, @Nullable String id)
      implements WriteCommand {
    /** Checks and copies. */
    public Delete {
      key = WriteCommandRules.key(key);
      id = WriteCommandRules.id(id);
    }

    @Override
    public Delete withId(String id) {
      return new Delete(table, key, id);
    }
  }

  /**
   * Increment. A row that does not exist makes it a dead letter.
   *
   * @param add what to add, by column; never empty
   */
  record Delta(
      TableName table, Map<String, Object> key, Map<String, BigDecimal> add, @Nullable String id)
      implements WriteCommand {
    /** Checks and copies. */
    public Delta {
      key = WriteCommandRules.key(key);
      add = WriteCommandRules.filled("add", WriteCommandRules.beside(key, JsonValues.amounts(add)));
      id = WriteCommandRules.id(id);
    }

    @Override
    public Delta withId(String id) {
      return new Delta(table, key, add, id);
    }
  }
}
