package dev.cachetide.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WriteCommandCodecTest {

  @Test
  void a_command_reads_back_as_it_was_written() throws Exception {
    for (WriteCommand command : Commands.EXAMPLES) {
      assertThat(WriteCommandCodec.decode(WriteCommandCodec.encode(command))).isEqualTo(command);
    }
  }

  @Test
  void the_json_is_the_documented_one() {
    WriteCommand command =
        WriteCommand.upsert("users", Map.of("id", 7), Map.of("email", "a@b")).withId("w1");
    assertThat(new String(WriteCommandCodec.encode(command), UTF_8))
        .isEqualTo(
            "{\"v\":1,\"op\":\"upsert\",\"table\":\"public.users\",\"key\":{\"id\":7},"
                + "\"set\":{\"email\":\"a@b\"},\"id\":\"w1\"}");
  }

  @Test
  void numbers_keep_every_digit() throws Exception {
    String digits = "12345678901234567890.12345678901234567890";
    WriteCommand.Upsert upsert =
        (WriteCommand.Upsert)
            decode(
                "{'v':1,'op':'upsert','table':'t','key':{'id':9223372036854775807},"
                    + "'set':{'a':"
                    + digits
                    + ",'b':1.50,'c':[0.1],'d':1e3}}");
    assertThat(upsert.set())
        .containsEntry("a", new BigDecimal(digits))
        .containsEntry("b", new BigDecimal("1.50"))
        .containsEntry("c", List.of(new BigDecimal("0.1")))
        .containsEntry("d", new BigDecimal("1e3"));
    assertThat(new String(WriteCommandCodec.encode(upsert), UTF_8))
        .contains("\"a\":" + digits, "\"b\":1.50", "\"d\":1000");
  }

  @Test
  void a_double_is_written_as_its_shortest_text() {
    assertThat(WriteCommand.delta("t", Map.of("id", 1), Map.of("x", 0.1)).add())
        .containsEntry("x", new BigDecimal("0.1"));
  }

  @Test
  void amounts_may_be_decimal_text() throws Exception {
    WriteCommand.Delta delta =
        (WriteCommand.Delta)
            decode("{'v':1,'op':'delta','table':'t','key':{'id':1},'add':{'a':'-0.10','b':3}}");
    assertThat(delta.add())
        .containsEntry("a", new BigDecimal("-0.10"))
        .containsEntry("b", new BigDecimal("3"));
  }

  @Test
  void one_row_has_one_record_key_whatever_the_number_looks_like() throws Exception {
    assertThat(recordKey("{'v':1,'op':'delete','table':'users','key':{'b':7.0,'a':'x'}}"))
        .isEqualTo("public.users{\"a\":\"x\",\"b\":7}")
        .isEqualTo(recordKey("{'v':1,'op':'delete','table':'public.users','key':{'a':'x','b':7}}"));
    assertThat(recordKey("{'v':1,'op':'delete','table':'t','key':{'id':1e2}}"))
        .isEqualTo("public.t{\"id\":100}");
  }

  @Test
  void a_table_is_split_at_the_first_dot() {
    assertThat(TableName.parse("s.a.b")).isEqualTo(new TableName("s", "a.b"));
    assertThat(TableName.parse("a")).isEqualTo(new TableName("public", "a"));
    assertThatThrownBy(() -> TableName.parse(".a")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void null_and_nested_values_are_kept() throws Exception {
    Map<String, Object> set = new HashMap<>();
    set.put("a", null);
    set.put("b", Map.of("c", List.of(true, "x", List.of())));
    WriteCommand command = WriteCommand.update("t", Map.of("id", "k"), set);
    assertThat(WriteCommandCodec.decode(WriteCommandCodec.encode(command))).isEqualTo(command);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "nonsense | not JSON, at byte",
        "{'v':1 | not JSON",
        "`` | not a JSON object",
        "[] | not a JSON object",
        "{'op':'delete','table':'t','key':{'id':1}} | 'v' must be 1",
        "{'v':2,'op':'delete','table':'t','key':{'id':1}} | 'v' must be 1",
        "{'v':'1','op':'delete','table':'t','key':{'id':1}} | 'v' must be 1",
        "{'v':1,'op':'merge','table':'t','key':{'id':1}} | not 'merge'",
        "{'v':1,'table':'t','key':{'id':1}} | 'op' must be text",
        "{'v':1,'op':'delete','key':{'id':1}} | 'table' must be text",
        "{'v':1,'op':'delete','table':'','key':{'id':1}} | not schema.table",
        "{'v':1,'op':'delete','table':'s.','key':{'id':1}} | not schema.table",
        "{'v':1,'op':'delete','table':'t'} | 'key' must be an object",
        "{'v':1,'op':'delete','table':'t','key':{}} | 'key' must name a column",
        "{'v':1,'op':'delete','table':'t','key':{'id':null}} | key column 'id' must be text",
        "{'v':1,'op':'delete','table':'t','key':{'id':[1]}} | key column 'id' must be text",
        "{'v':1,'op':'delete','table':'t','key':{'id':1,'id':2}} | not JSON",
        "{'v':1,'op':'delete','table':'t','key':{'id':1}} {} | not JSON",
        "{'v':1,'op':'delete','table':'t','key':{'id':1},'set':{}} | unknown field 'set'",
        "{'v':1,'op':'update','table':'t','key':{'id':1},'set':{}} | 'set' must name a column",
        "{'v':1,'op':'update','table':'t','key':{'id':1},'set':{'id':2}} | cannot be written",
        "{'v':1,'op':'upsert','table':'t','key':{'id':1}} | 'set' must be an object",
        "{'v':1,'op':'upsert','table':'t','key':{'id':1},'set':{'a':'\\u0000'}} | U+0000",
        "{'v':1,'op':'upsert','table':'t','key':{'id':1},'set':{'a':'\\ud800'}} | surrogate",
        "{'v':1,'op':'upsert','table':'t','key':{'id':1},'set':{'a':1e999999999}} | digits",
        "{'v':1,'op':'delta','table':'t','key':{'id':1},'add':{'a':'x'}} | must be a number",
        "{'v':1,'op':'delta','table':'t','key':{'id':1},'add':{'a':null}} | must be a number",
        "{'v':1,'op':'delta','table':'t','key':{'id':1},'add':{}} | 'add' must name a column",
        "{'v':1,'op':'delete','table':'t','key':{'id':1},'id':''} | 'id' must have",
        "{'v':1,'op':'delete','table':'t','key':{'id':NaN}} | not JSON",
      })
  void what_is_no_command_is_refused_with_its_reason(String json, String reason) {
    assertThatThrownBy(() -> decode(json))
        .isInstanceOf(MalformedCommandException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void bytes_that_are_no_text_and_bytes_without_end_are_refused() {
    assertThatThrownBy(() -> WriteCommandCodec.decode(new byte[] {'{', '"', (byte) 0xff, '"', '}'}))
        .isInstanceOf(MalformedCommandException.class);
    assertThatThrownBy(() -> WriteCommandCodec.decode(new byte[WriteCommandCodec.MAX_BYTES + 1]))
        .isInstanceOf(MalformedCommandException.class)
        .hasMessageContaining("longer than");
    assertThatThrownBy(() -> decode("[".repeat(100_000)))
        .isInstanceOf(MalformedCommandException.class);
  }

  @Test
  void a_reason_quotes_no_value() {
    assertThatThrownBy(() -> decode("{'v':1,'op':'delete','table':'t','key':{'id':secret}}"))
        .hasMessageNotContaining("secret");
  }

  private static WriteCommand decode(String json) throws MalformedCommandException {
    return WriteCommandCodec.decode(json.replace('\'', '"').getBytes(UTF_8));
  }

  private static String recordKey(String json) throws MalformedCommandException {
    return new String(WriteCommandCodec.recordKey(decode(json)), UTF_8);
  }
}
