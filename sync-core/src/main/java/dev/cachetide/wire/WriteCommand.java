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

  /**
   * The writer's own name for this write; null for none. Two commands of one id have one effect
   * within the pipeline's {@code writebehind.idempotenceWindow}, and it is stored beside the write
   * when that is parked.
   */
  @Nullable String id();

  /**
   * The version that the row had when the writer read it, text or a number, for tables whose
   * conflicts are found by a version column; null for none, and always null of an insert.
   */
  @Nullable Object base();

  /** The same command under another id. */
  WriteCommand withId(String id);

  /** Inserts the row; a row that is there already makes it a dead letter. */
  static Insert insert(String table, Map<String, ?> key, Map<String, ?> set) {
    return new Insert(
        TableName.parse(table), JsonValues.columns(key), JsonValues.columns(set), null);
  }

  /** Inserts the row, or sets these columns of the row that is there. */
  static Upsert upsert(String table, Map<String, ?> key, Map<String, ?> set) {
    return new Upsert(
        TableName.parse(table), JsonValues.columns(key), JsonValues.columns(set), null, null);
  }

  /** Sets these columns of the row that is there. */
  static Update update(String table, Map<String, ?> key, Map<String, ?> set) {
    return new Update(
        TableName.parse(table), JsonValues.columns(key), JsonValues.columns(set), null, null);
  }

  /** Deletes the row that is there. */
  static Delete delete(String table, Map<String, ?> key) {
    return new Delete(TableName.parse(table), JsonValues.columns(key), null, null);
  }

  /** Adds to number columns of the row that is there; a column that is NULL counts as 0. */
  static Delta delta(String table, Map<String, ?> key, Map<String, ? extends Number> add) {
    return new Delta(
        TableName.parse(table), JsonValues.columns(key), JsonValues.amounts(add), null, null);
  }

  /**
   * Insert. A row that exists makes it a dead letter.
   *
   * @param set the columns to write, by name; a value may be null; may be empty
   */
  record Insert(
      TableName table, Map<String, Object> key, Map<String, Object> set, @Nullable String id)
      implements WriteCommand {
    /** Checks and copies. */
    public Insert {
      key = WriteCommandRules.key(key);
      set = WriteCommandRules.beside(key, JsonValues.columns(set));
      id = WriteCommandRules.id(id);
    }

    @Override
    public @Nullable Object base() {
      return null;
    }

    @Override
    public Insert withId(String id) {
      return new Insert(table, key, set, id);
    }
  }

  /**
   * Insert or update.
   *
   * @param set the columns to write, by name; a value may be null; may be empty
   */
  record Upsert(
      TableName table,
      Map<String, Object> key,
      Map<String, Object> set,
      @Nullable String id,
      @Nullable Object base)
      implements WriteCommand {
    /** Checks and copies. */
    public Upsert {
      key = WriteCommandRules.key(key);
      set = WriteCommandRules.beside(key, JsonValues.columns(set));
      id = WriteCommandRules.id(id);
      base = WriteCommandRules.base(base);
    }

    @Override
    public Upsert withId(String id) {
      return new Upsert(table, key, set, id, base);
    }

    /** The same command for a row that had this version when it was read. */
    public Upsert withBase(Object base) {
      return new Upsert(table, key, set, id, base);
    }
  }

  /**
   * Update of named columns. A row that does not exist makes it a dead letter.
   *
   * @param set the columns to write, by name; a value may be null; never empty
   */
  record Update(
      TableName table,
      Map<String, Object> key,
      Map<String, Object> set,
      @Nullable String id,
      @Nullable Object base)
      implements WriteCommand {
    /** Checks and copies. */
    public Update {
      key = WriteCommandRules.key(key);
      set = WriteCommandRules.filled("set", WriteCommandRules.beside(key, JsonValues.columns(set)));
      id = WriteCommandRules.id(id);
      base = WriteCommandRules.base(base);
    }

    @Override
    public Update withId(String id) {
      return new Update(table, key, set, id, base);
    }

    /** The same command for a row that had this version when it was read. */
    public Update withBase(Object base) {
      return new Update(table, key, set, id, base);
    }
  }

  /** Delete. A row that does not exist makes it a dead letter. */
  record Delete(
      TableName table, Map<String, Object> key, @Nullable String id, @Nullable Object base)
      implements WriteCommand {
    /** Checks and copies. */
    public Delete {
      key = WriteCommandRules.key(key);
      id = WriteCommandRules.id(id);
      base = WriteCommandRules.base(base);
    }

    @Override
    public Delete withId(String id) {
      return new Delete(table, key, id, base);
    }

    /** The same command for a row that had this version when it was read. */
    public Delete withBase(Object base) {
      return new Delete(table, key, id, base);
    }
  }

  /**
   * Increment. A row that does not exist makes it a dead letter.
   *
   * @param add what to add, by column; never empty
   */
  record Delta(
      TableName table,
      Map<String, Object> key,
      Map<String, BigDecimal> add,
      @Nullable String id,
      @Nullable Object base)
      implements WriteCommand {
    /** Checks and copies. */
    public Delta {
      key = WriteCommandRules.key(key);
      add = WriteCommandRules.filled("add", WriteCommandRules.beside(key, JsonValues.amounts(add)));
      id = WriteCommandRules.id(id);
      base = WriteCommandRules.base(base);
    }

    @Override
    public Delta withId(String id) {
      return new Delta(table, key, add, id, base);
    }

    /** The same command for a row that had this version when it was read. */
    public Delta withBase(Object base) {
      return new Delta(table, key, add, id, base);
    }
  }
}
