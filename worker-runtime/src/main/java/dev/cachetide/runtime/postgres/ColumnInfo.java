package dev.cachetide.runtime.postgres;

/**
 * A column as the catalogue describes it.
 *
 * @param name unquoted
 * @param typeSchema the schema of its type, unquoted
 * @param typeName the type's name in the catalogue, unquoted: {@code int4}, {@code _text}, …
 * @param typeCategory {@code pg_type.typcategory}: {@code N}umeric, {@code S}tring, {@code A}rray …
 * @param notNull whether NULL is refused
 * @param generated whether its value is computed from other columns, so that it cannot be written
 * @param identity whether it is an identity column
 * @param identityAlways whether an identity column takes no value unless the statement overrides it
 * @param hasDefault whether it has a default; false for a generated column
 */
public record ColumnInfo(
    String name,
    String typeSchema,
    String typeName,
    char typeCategory,
    boolean notNull,
    boolean generated,
    boolean identity,
    boolean identityAlways,
    boolean hasDefault) {

  /** The name, ready for SQL text. */
  public String quotedName() {
    return Identifiers.quoted(name);
  }

  /** The type without its modifier, ready for a cast: {@code "pg_catalog"."int4"}. */
  public String quotedType() {
    return Identifiers.quoted(typeSchema) + "." + Identifiers.quoted(typeName);
  }
}
