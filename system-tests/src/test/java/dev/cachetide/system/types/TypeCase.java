package dev.cachetide.system.types;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * One column type, values of it as SQL writes them, and their text inside a key as docs/keys.md
 * says.
 */
record TypeCase(String name, String type, List<Value> values) {

  /** A value in SQL and as a key holds it. */
  record Value(String sql, String text) {}

  private static TypeCase of(String name, String type, String... sqlAndText) {
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < sqlAndText.length; i += 2) {
      values.add(new Value(sqlAndText[i], sqlAndText[i + 1]));
    }
    return new TypeCase(name, type, values);
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  static List<String> keys(List<TypeCase> cases) {
    return cases.stream().flatMap(each -> each.values().stream().map(each::key)).toList();
  }

  /** A row for each value. */
  static List<String> inserts(List<TypeCase> cases) {
    List<String> inserts = new ArrayList<>();
    for (TypeCase each : cases) {
      for (Value value : each.values()) {
        inserts.add(
            "INSERT INTO %s VALUES (%d, %s)".formatted(each.table(), inserts.size(), value.sql()));
      }
    }
    return inserts;
  }

  /** What the cases' types need. */
  static List<String> definitions() {
    return List.of(
        "CREATE TYPE mood AS ENUM ('sad', 'very happy', 'it''s')",
        "CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%@%')",
        "CREATE DOMAIN price AS numeric(10,2)",
        "CREATE TYPE place AS (street text, number int)",
        "CREATE EXTENSION IF NOT EXISTS hstore");
  }

  String table() {
    return "t_" + name;
  }

  String key(Value value) {
    return name + ":" + value.text().replace("%", "%25");
  }

  String rule() {
    return """
          - name: %1$s
            source: { schema: public, table: t_%1$s }
            evict: [ { key: "%1$s:{v}" } ]
        """
        .formatted(name);
  }

  String createTable() {
    return "CREATE TABLE t_%1$s (id int PRIMARY KEY, v %2$s); ALTER TABLE t_%1$s REPLICA IDENTITY FULL"
        .formatted(name, type);
  }

  static List<TypeCase> all() {
    return List.of(
        of("text", "text", "'a b'", "a b", "''", "", "'NULL'", "NULL", "E'\\u00e4\\n'", "ä\n"),
        of("varchar", "varchar(9)", "'é'", "é", "'50%'", "50%"),
        of("char", "char(5)", "'ab'", "ab   "),
        of("int2", "smallint", "-7", "-7"),
        of("int4", "int", "2147483647", "2147483647"),
        of("int8", "bigint", "-9223372036854775808", "-9223372036854775808"),
        of("oid", "oid", "4294967295", "4294967295"),
        of("bool", "boolean", "true", "true", "false", "false"),
        of(
            "numeric",
            "numeric",
            "1.50",
            "1.50",
            "-0.00",
            "0.00",
            "1e30",
            "1000000000000000000000000000000",
            "1e-40",
            "0.0000000000000000000000000000000000000001",
            "'NaN'",
            "NAN",
            "'Infinity'",
            "POSITIVE_INFINITY",
            "'-Infinity'",
            "NEGATIVE_INFINITY"),
        of("scaled", "numeric(12,4)", "12.3", "12.3000", "'NaN'", "NAN"),
        of("real", "real", "0.1", "0.1", "1e20", "100000000000000000000", "'NaN'", "NaN"),
        of(
            "double",
            "double precision",
            "1500",
            "1500",
            "1e-7",
            "0.0000001",
            "'Infinity'",
            "Infinity",
            "'-Infinity'",
            "-Infinity",
            "'NaN'",
            "NaN"),
        of(
            "date",
            "date",
            "'2023-11-14'",
            "2023-11-14Z",
            "'infinity'",
            "-5877611-06-21Z",
            "'-infinity'",
            "-5877611-06-22Z",
            "'0044-03-15 BC'",
            "-0043-03-15Z"),
        of(
            "timestamp",
            "timestamp",
            "'2023-11-14 22:13:20.123456'",
            "2023-11-14T22:13:20.123456Z",
            "'2023-11-14'",
            "2023-11-14T00:00:00Z",
            "'2023-11-14 22:13:20.5'",
            "2023-11-14T22:13:20.5Z",
            "'infinity'",
            "+294247-01-10T04:00:25.2Z",
            "'-infinity'",
            "-290308-12-21T19:59:27.6Z",
            "'0044-03-15 12:00 BC'",
            "-0043-03-15T12:00:00Z"),
        of(
            "timestamptz",
            "timestamptz",
            "'2023-11-14 22:13:20.5+05:30'",
            "2023-11-14T16:43:20.500000Z",
            "'infinity'",
            "infinity",
            "'-infinity'",
            "-infinity",
            "'2023-11-14 22:13:20+00'",
            "2023-11-14T22:13:20.000000Z",
            "'0044-03-15 12:00+00 BC'",
            "-0043-03-15T12:00:00.000000Z"),
        of(
            "time",
            "time",
            "'22:13:20'",
            "22:13:20Z",
            "'22:13:20.5'",
            "22:13:20.5Z",
            "'24:00'",
            "00:00:00Z"),
        of("timetz", "timetz", "'22:13:20+02'", "20:13:20Z", "'24:00+00'", "00:00:00Z"),
        of("interval", "interval", "'1 year 2 days 3.5 seconds'", "P1Y0M2DT0H0M3.5S"),
        of("bytea", "bytea", "'\\xcafe'", "cafe", "''", ""),
        of(
            "uuid",
            "uuid",
            "'0C4AA5B1-7B1E-4B0A-9F0E-3D7D2A1F7A11'",
            "0c4aa5b1-7b1e-4b0a-9f0e-3d7d2a1f7a11"),
        of("inet", "inet", "'10.0.0.1/8'", "10.0.0.1/8", "'::1'", "::1"),
        of("cidr", "cidr", "'10.0.0.0/8'", "10.0.0.0/8"),
        of("macaddr", "macaddr", "'08:00:2B:01:02:03'", "08:00:2b:01:02:03"),
        of("money", "money", "12.34", "12.34"),
        of("bit", "bit(3)", "B'101'", "BQ=="),
        of("varbit", "varbit", "B'10'", "Ag=="),
        of("one_bit", "bit(1)", "B'1'", "true"),
        of("xml", "xml", "'<a/>'", "<a/>"),
        of("json", "json", "'{\"a\": 1}'", "{\"a\": 1}", "'null'", "null"),
        of("jsonb", "jsonb", "'{\"b\":2, \"a\":[1]}'", "{\"a\": [1], \"b\": 2}"),
        of("texts", "text[]", "'{a,\"b c\",NULL}'", "[\"a\",\"b c\",null]", "'{}'", "[]"),
        of("ints", "int[]", "'{1,NULL,3}'", "[1,null,3]", "'{}'", "[]"),
        of("numerics", "numeric[]", "'{1.50,2}'", "[\"1.50\",\"2\"]"),
        of("bools", "boolean[]", "'{t,f}'", "[true,false]"),
        of(
            "uuids",
            "uuid[]",
            "'{0c4aa5b1-7b1e-4b0a-9f0e-3d7d2a1f7a11}'",
            "[\"0c4aa5b1-7b1e-4b0a-9f0e-3d7d2a1f7a11\"]"),
        of("dates", "date[]", "'{2023-11-14}'", "[\"2023-11-14Z\"]"),
        of("enum", "mood", "'sad'", "sad", "'very happy'", "very happy"),
        of("enums", "mood[]", "'{sad,\"very happy\"}'", "[\"sad\",\"very happy\"]"),
        of("domain", "mail", "'a@b'", "a@b"),
        of("price", "price", "1.5", "1.50"),
        of("composite", "place", "ROW('a, b', 7)", hex("(\"a, b\",7)")),
        of("range", "int4range", "'[1,4]'", "[1,5)", "'empty'", "empty"),
        of("tsrange", "tsrange", "'[2023-11-14, infinity)'", "[\"2023-11-14 00:00:00\",infinity)"),
        of("multirange", "int4multirange", "'{[1,3),[5,7)}'", hex("{[1,3),[5,7)}")),
        of("hstore", "hstore", "'a=>1, b=>NULL'", "{\"a\":\"1\",\"b\":null}"),
        of(
            "point",
            "point",
            "'(1,2)'",
            "{\"x\":1,\"y\":2,\"wkb\":\"AQEAAAAAAAAAAADwPwAAAAAAAABA\",\"srid\":null}"),
        of("bytes", "bytea[]", "'{\"\\\\xcafe\"}'", "[\"cafe\"]"),
        of("mails", "mail[]", "'{a@b}'", "[\"" + hex("a@b") + "\"]"),
        of("places", "place[]", "ARRAY[ROW('a', 1)::place]", "[\"" + hex("(a,1)") + "\"]"),
        of("ranges", "int4range[]", "'{\"[1,3)\"}'", "[\"[1,3)\"]"),
        of("timestamps", "timestamp[]", "'{2023-11-14 22:13:20}'", "[\"2023-11-14T22:13:20Z\"]"),
        of("inets", "inet[]", "'{10.0.0.1}'", "[\"10.0.0.1\"]"),
        of("reals", "real[]", "'{0.5,1.0}'", "[0.5,1]"),
        of("jsons", "jsonb[]", "ARRAY['{\"a\":1}'::jsonb]", "[\"{\\\"a\\\": 1}\"]"),
        of("circle", "circle", "'<(1,2),3>'", hex("<(1.0,2.0),3.0>")),
        of("path", "path", "'[(1,2),(3,4)]'", hex("[(1.0,2.0),(3.0,4.0)]")),
        of("lsn", "pg_lsn", "'0/16B3748'", hex("0/16B3748")),
        of("name", "name", "'n'", "n"),
        of("one_char", "\"char\"", "'c'", "c"),
        of("macaddr8", "macaddr8", "'08:00:2b:01:02:03:04:05'", "08:00:2b:01:02:03:04:05"),
        of("jsonpath", "jsonpath", "'$.a'", hex("$.\"a\"")),
        of("huge", "numeric", "('9' || repeat('0', 60000))::numeric", "9" + "0".repeat(60_000)),
        of("tsvector", "tsvector", "'a b'", "'a' 'b'"));
  }

  /** Values of which the events do not tell enough for a key. */
  static List<TypeCase> withoutText() {
    return List.of(
        of("text_grid", "text[]", "'{{a,b},{c,d}}'", "?"),
        of("int_grid", "int[]", "'{{1,2},{3,4}}'", "?"),
        of("numeric_grid", "numeric[]", "'{{1,2},{3,4}}'", "?"),
        of("intervals", "interval[]", "'{1 day}'", "?"));
  }
}
