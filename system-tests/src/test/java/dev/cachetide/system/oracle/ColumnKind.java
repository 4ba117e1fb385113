package dev.cachetide.system.oracle;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A type of column, the few values that its cells hold, and what templates can make of them, each
 * with the SQL by which the oracle comes to the same texts. {@code %s} stands for the column.
 */
@SuppressWarnings("ImmutableEnumChecker") // the lists are unmodifiable
enum ColumnKind {
  WHOLE(
      "int",
      List.of("0", "1", "2", "3", "4", "5", "6", "7", "-7"),
      "%s::text",
      new Making("|hash", "ARRAY[left(encode(sha256(convert_to(%s::text,'UTF8')),'hex'),32)]")),
  BIG(
      "bigint",
      List.of("1", "2", "3", "4", "5", "9007199254740993", "-9223372036854775808"),
      "%s::text"),
  TEXT(
      "text",
      List.of(
          "''",
          "'a'",
          "'A'",
          "'b:c'",
          "'*'",
          "'%'",
          "'%2A'",
          "'É-é'",
          "'🙂'",
          "'null'",
          "'x''y'",
          "'[a-z]'",
          "'a|b/c'",
          "E'back\\\\slash'",
          "E'two\\r\\nlines'",
          "'e\u0301'"),
      "%s",
      new Making("|lower", "ARRAY[%s]"),
      new Making("|upper", "ARRAY[%s]"),
      new Making("|hash", "ARRAY[left(encode(sha256(convert_to(%s,'UTF8')),'hex'),32)]")),
  MONEY("numeric(8,2)", List.of("0", "1.5", "2.25", "-3", "1000"), "%s::text"),
  FLAG("boolean", List.of("true", "false"), "%s::text"),
  DAY(
      "date",
      List.of("'2024-02-29'", "'1999-12-31'", "'2024-03-01'"),
      "to_char(%s,'YYYY-MM-DD')||'Z'",
      new Making("|date:yyyy-MM", "ARRAY[to_char(%s,'YYYY-MM')]")),
  MOMENT(
      "timestamptz",
      List.of("'2024-02-29 23:30:00+00'", "'2024-03-01 01:30:00+02'", "'2023-12-31 23:59:59+00'"),
      "to_char(%s AT TIME ZONE 'UTC','YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
      new Making("|date:yyyy-MM-dd", "ARRAY[to_char(%s AT TIME ZONE 'UTC','YYYY-MM-DD')]"),
      new Making(
          "|date:yyyy/MM/dd@Europe/Berlin",
          "ARRAY[to_char(%s AT TIME ZONE 'Europe/Berlin','YYYY/MM/DD')]")),
  UUID(
      "uuid",
      List.of(
          "'00000000-0000-0000-0000-000000000001'",
          "'00000000-0000-0000-0000-000000000002'",
          "'11111111-0000-0000-0000-000000000000'",
          "'12345678-9abc-def0-1234-56789abcdef0'",
          "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
      "%s::text"),
  BYTES("bytea", List.of("'\\x'", "'\\xcafe'", "'\\x00ff2a'"), "encode(%s,'hex')"),
  TEXTS(
      "text[]",
      List.of("'{}'", "'{a}'", "'{A,b:c,a}'", "'{NULL,\"\"}'", "'{\"*\",\"%\"}'"),
      null,
      new Making("[]", "ARRAY(SELECT x FROM unnest(%s) x)"),
      new Making("[]|lower", "ARRAY(SELECT x FROM unnest(%s) x)")),
  WHOLES(
      "int[]",
      List.of("'{}'", "'{1}'", "'{2,3,2}'", "'{NULL,-1}'"),
      null,
      new Making("[]", "ARRAY(SELECT x::text FROM unnest(%s) x)")),
  DOC(
      "jsonb",
      List.of(
          "'{}'",
          "'{\"city\":\"Köln\",\"size\":{\"w\":1.50},\"tags\":[\"a\",\"b:c\"]}'",
          "'{\"city\":null,\"size\":{\"w\":12},\"tags\":[]}'",
          "'{\"city\":true,\"size\":7,\"tags\":[\"*\",null,3]}'",
          "'{\"city\":\"*\",\"tags\":\"a\"}'",
          "'[1,2]'"),
      null,
      new Making("|json:$.city", "ARRAY[%s #>> '{city}']"),
      // A number there has no trailing zeros, since jsonb holds 1.50 for equal to 1.5.
      new Making(
          "|json:$.size.w",
          "ARRAY[CASE jsonb_typeof(%s #> '{size,w}')"
              + " WHEN 'number' THEN trim_scale((%s #>> '{size,w}')::numeric)::text"
              + " ELSE %s #>> '{size,w}' END]"),
      new Making("|json:$.tags[0]", "ARRAY[%s #>> '{tags,0}']"),
      new Making(
          "|json:$.tags[*]",
          "ARRAY(SELECT e #>> '{}' FROM jsonb_array_elements(CASE"
              + " WHEN jsonb_typeof(%s->'tags') = 'array' THEN %s->'tags' ELSE '[]' END) e)")),
  /** Too long for a row, so that an unchanged one is not in the WAL. */
  LONG(
      "text",
      List.of(
          "'short'",
          "(SELECT string_agg(md5('one'||i),'') FROM generate_series(1,200) i)",
          "(SELECT string_agg(md5('two'||i),'') FROM generate_series(1,200) i)"),
      null,
      new Making("|hash", "ARRAY[left(encode(sha256(convert_to(%s,'UTF8')),'hex'),32)]"));

  final String sqlType;

  /** As SQL. */
  final List<String> values;

  final List<Making> makings;

  /** Whether conditions can look at it. */
  final boolean plain;

  ColumnKind(String sqlType, List<String> values, String text, Making... makings) {
    this.sqlType = sqlType;
    this.values = values;
    this.plain = text != null;
    List<Making> all = new ArrayList<>();
    if (text != null) {
      all.add(new Making("", "ARRAY[" + text + "]"));
    }
    all.addAll(List.of(makings));
    this.makings = List.copyOf(all);
  }

  boolean number() {
    return this == WHOLE || this == MONEY;
  }

  /**
   * Something that a template can make of a column.
   *
   * @param spelling that follows the column's name
   * @param sql a text[] of what stands in the key, one element for each key
   */
  record Making(String spelling, String sql) {

    /** The rest of it, which Java does because it is defined by Java's tables of characters. */
    String finish(String text) {
      if (spelling.endsWith("lower")) {
        return text.toLowerCase(Locale.ROOT);
      }
      return spelling.endsWith("upper") ? text.toUpperCase(Locale.ROOT) : text;
    }
  }
}
