package dev.cachetide.system.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An example of a document: a block of YAML, then what is done, then what is cached afterwards.
 *
 * @param heading of the section it stands in
 * @param rules the YAML
 * @param sql what is done in Postgres; empty when nothing is
 * @param command what is produced to the write topic; empty when nothing is
 * @param expected the lines of the last block: {@code leaves}, {@code stays} and keys; {@code
 *     becomes}, a key and its value
 */
record Example(String heading, String rules, String sql, String command, List<String> expected) {

  private static final Pattern PIECE =
      Pattern.compile("(?ms)^#+ (?<heading>.*?)$|^```(?<kind>.*?)$\\n(?<text>.*?)^```$");

  /** What a document holds: its examples, and blocks of a kind of their own. */
  record Document(List<Example> examples, Map<String, String> others) {}

  static Document read(Path file) throws IOException {
    List<Example> examples = new ArrayList<>();
    Map<String, String> others = new HashMap<>();
    Map<String, String> blocks = new HashMap<>();
    String heading = "";
    Matcher piece = PIECE.matcher(Files.readString(file));
    while (piece.find()) {
      if (piece.group("heading") != null) {
        heading = piece.group("heading");
        continue;
      }
      String kind = piece.group("kind");
      if (kind.contains(" ")) {
        others.put(kind, piece.group("text"));
      } else if (blocks.put(kind, piece.group("text")) != null) {
        throw new IllegalStateException(heading + ": a second " + kind + " in one example");
      }
      if (kind.equals("text")) {
        examples.add(
            new Example(
                heading,
                blocks.getOrDefault("yaml", ""),
                blocks.getOrDefault("sql", ""),
                blocks.getOrDefault("json", ""),
                blocks.get("text").lines().toList()));
        blocks.clear();
      }
    }
    return new Document(examples, others);
  }

  /** The keys behind a word, over all its lines. */
  List<String> keys(String word) {
    return expected.stream()
        .filter(line -> line.startsWith(word + " "))
        .flatMap(line -> Arrays.stream(line.substring(word.length()).strip().split(" +")))
        .toList();
  }

  /** Values by key. */
  Map<String, String> becomes() {
    Map<String, String> values = new HashMap<>();
    for (String line : expected) {
      if (line.startsWith("becomes ")) {
        String[] keyAndValue = line.substring("becomes ".length()).strip().split(" +", 2);
        values.put(keyAndValue[0], keyAndValue[1]);
      }
    }
    return values;
  }

  @Override
  public String toString() {
    return heading;
  }
}
