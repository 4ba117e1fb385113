package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/** Reads the file into a tree; the edge to the file system. */
final class YamlFile {

  private static final long MAX_BYTES = 2_000_000;

  private final String beginning;
  private final String whenLarge;
  private final YAMLMapper mapper =
      YAMLMapper.builder(
              YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** For a configuration file. */
  YamlFile() {
    this("begin with `pipeline: <name>`", "split the pipeline, or put rules into ruleFiles");
  }

  /**
   * For a file of another kind.
   *
   * @param beginning what to do about a file that holds no mapping
   * @param whenLarge what to do about a file above the limit
   */
  YamlFile(String beginning, String whenLarge) {
    this.beginning = beginning;
    this.whenLarge = whenLarge;
  }

  /** Empty when the file could not be read; {@code problems} then says why. */
  Optional<ObjectNode> read(Path file, Problems problems) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        problems.add(ConfigPath.ROOT, "the file is larger than 2 MB", whenLarge);
        return Optional.empty();
      }
      return parse(Files.readString(file), problems);
    } catch (NoSuchFileException e) {
      problems.add(ConfigPath.ROOT, "there is no such file", "name an existing file");
    } catch (JsonProcessingException e) {
      problems.add(
          ConfigPath.ROOT, "not valid YAML" + at(e.getLocation()) + ": " + reason(e), fix(e));
    } catch (IOException e) {
      problems.add(
          ConfigPath.ROOT, "the file cannot be read: " + e, "make it a readable UTF-8 text file");
    }
    return Optional.empty();
  }

  private Optional<ObjectNode> parse(String text, Problems problems) throws IOException {
    if (hasAliases(text, problems)) {
      return Optional.empty();
    }
    if (mapper.readTree(text) instanceof ObjectNode tree) {
      return Optional.of(tree);
    }
    problems.add(ConfigPath.ROOT, "the file holds no mapping of keys to values", beginning);
    return Optional.empty();
  }

  /** A tree would hold an alias as the text of its name, which is never what was meant. */
  private boolean hasAliases(String text, Problems problems) throws IOException {
    try (YAMLParser parser = mapper.getFactory().createParser(text)) {
      while (parser.nextToken() != null) {
        if (parser.isCurrentAlias()) {
          problems.add(
              ConfigPath.ROOT,
              "an alias (*name)" + at(parser.currentTokenLocation()) + " is not supported",
              "write the value out, or put quotes around it if the * belongs to it");
          return true;
        }
      }
      return false;
    }
  }

  private static String at(JsonLocation location) {
    return location == null
        ? ""
        : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
  }

  private static String reason(JsonProcessingException e) {
    return e.getOriginalMessage().lines().findFirst().orElse("no reason given");
  }

  private static String fix(JsonProcessingException e) {
    return e.getOriginalMessage().startsWith("Duplicate field")
        ? "keep one of the two"
        : "correct that line; values that hold : { } * # @ need double quotes";
  }
}
