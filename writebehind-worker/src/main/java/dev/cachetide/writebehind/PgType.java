package dev.cachetide.writebehind;

import dev.cachetide.runtime.postgres.Identifiers;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A column's type as far as a JSON value has to know it; a domain stands here as the type below it.
 *
 * @param element of an array; null otherwise
 * @param labels of an enum; empty otherwise
 */
record PgType(String schema, String name, Kind kind, @Nullable PgType element, Set<String> labels) {

  /** Copies the labels. */
  PgType {
    labels = Set.copyOf(labels);
  }

  PgType(String schema, String name, Kind kind, @Nullable PgType element) {
    this(schema, name, kind, element, Set.of());
  }

  /** Which JSON a type takes, and whether equal values have one text. */
  enum Kind {
    INTEGER,
    DECIMAL,
    FLOAT,
    OTHER_NUMBER,
    BOOLEAN,
    /** {@code text} and {@code varchar}. */
    TEXT,
    UUID,
    ENUM,
    BYTES,
    JSON,
    ARRAY,
    /** Everything else, which Postgres reads from text. */
    OTHER
  }

  /**
   * The type's name for a cast, schema-qualified and without a modifier: a cast to {@code
   * varchar(3)} would cut, whereas assigning a longer {@code varchar} to the column is an error.
   */
  String cast() {
    return Identifiers.quoted(schema) + "." + Identifiers.quoted(name);
  }

  /** Whether a number stands in the column as it was written. */
  boolean isExactNumber() {
    return kind == Kind.INTEGER || kind == Kind.DECIMAL;
  }

  /** Whether the column can take a delta. */
  boolean addable() {
    return kind == Kind.INTEGER || kind == Kind.DECIMAL || kind == Kind.FLOAT;
  }

  /**
   * Whether {@link PgText#key} gives equal values the same text, so that the text tells rows apart.
   */
  boolean identifies() {
    return switch (kind) {
      case INTEGER, DECIMAL, BOOLEAN, TEXT, UUID, ENUM -> true;
      default -> false;
    };
  }
}
