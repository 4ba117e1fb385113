package dev.cachetide.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The published schema, the published page and the codec say the same. */
class WriteCommandSchemaTest {

  private static final Path DOCS = Path.of("..", "docs");
  private static final Pattern EXAMPLE = Pattern.compile("```json\n(.*?)\n```", Pattern.DOTALL);

  private final Schema schema = schema();

  @Test
  void what_the_codec_writes_is_valid() {
    for (WriteCommand command : Commands.EXAMPLES) {
      assertThat(errors(new String(WriteCommandCodec.encode(command), UTF_8))).isEmpty();
    }
  }

  @Test
  void the_examples_of_the_documentation_are_valid_and_readable() throws Exception {
    List<String> examples = new ArrayList<>();
    Matcher matcher = EXAMPLE.matcher(Files.readString(DOCS.resolve("writes.md")));
    while (matcher.find()) {
      if (matcher.group(1).contains("\"op\"")) {
        examples.add(matcher.group(1));
      }
    }
    assertThat(examples).hasSize(5);
    for (String example : examples) {
      assertThat(errors(example)).as(example).isEmpty();
      assertThat(WriteCommandCodec.decode(example.getBytes(UTF_8))).isNotNull();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'op':'delete','table':'t','key':{'id':1}}",
        "{'v':2,'op':'delete','table':'t','key':{'id':1}}",
        "{'v':1,'op':'merge','table':'t','key':{'id':1}}",
        "{'v':1,'op':'delete','table':'','key':{'id':1}}",
        "{'v':1,'op':'delete','table':'t','key':{}}",
        "{'v':1,'op':'delete','table':'t','key':{'id':null}}",
        "{'v':1,'op':'delete','table':'t','key':{'id':1},'set':{}}",
        "{'v':1,'op':'update','table':'t','key':{'id':1},'set':{}}",
        "{'v':1,'op':'upsert','table':'t','key':{'id':1}}",
        "{'v':1,'op':'delta','table':'t','key':{'id':1},'add':{'a':'x'}}",
        "{'v':1,'op':'delta','table':'t','key':{'id':1},'add':{}}",
        "{'v':1,'op':'delete','table':'t','key':{'id':1},'id':''}",
      })
  void what_the_codec_refuses_is_invalid(String json) {
    assertThat(errors(json.replace('\'', '"'))).isNotEmpty();
  }

  private List<Error> errors(String json) {
    return schema.validate(json, InputFormat.JSON);
  }

  private static Schema schema() {
    try {
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(Files.readString(DOCS.resolve("write-command.schema.json")));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
