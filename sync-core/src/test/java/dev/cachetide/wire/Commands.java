package dev.cachetide.wire;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One command of each kind and value, for the tests of the format. */
final class Commands {

  static final List<WriteCommand> EXAMPLES =
      List.of(
          WriteCommand.upsert("public.users", Map.of("id", 7), everyValue()),
          WriteCommand.upsert("users", Map.of("id", "a", "b", true), Map.of()).withId("w"),
          WriteCommand.update("users", Map.of("id", new BigDecimal("1.5")), everyValue()),
          WriteCommand.delete("my schema.my.table", Map.of("ID", Long.MAX_VALUE)),
          WriteCommand.delta("t", Map.of("id", 1), Map.of("a", -3, "b", new BigDecimal("0.10"))),
          WriteCommand.insert("users", Map.of("id", 7), everyValue()).withId("i"),
          WriteCommand.insert("users", Map.of("id", 8), Map.of()),
          WriteCommand.update("users", Map.of("id", 7), Map.of("a", 1)).withBase(12),
          WriteCommand.upsert("users", Map.of("id", 7), Map.of("a", 1)).withBase("v7").withId("x"),
          WriteCommand.delta("t", Map.of("id", 1), Map.of("a", 1)).withBase(0),
          WriteCommand.delete("t", Map.of("id", 1)).withBase(new BigDecimal("3.0")));

  private Commands() {}

  private static Map<String, Object> everyValue() {
    Map<String, Object> values = new HashMap<>();
    values.put("null", null);
    values.put("boolean", false);
    values.put("integer", Long.MIN_VALUE);
    values.put("decimal", new BigDecimal("-12.340"));
    values.put("text", "quote \" backslash \\ newline \n emoji 🦜 braces {*:} ");
    values.put("array", List.of(1, List.of("x", true), Map.of()));
    values.put("object", Map.of("a", Map.of("b", List.of())));
    return values;
  }
}
