package dev.cachetide.key;

import dev.cachetide.key.KeyTemplate.TooManyException;
import dev.cachetide.key.KeyTemplate.Values;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The parts of a template put together for one row. */
final class Rendering {

  /** Values as keys hold them. */
  static final UnaryOperator<String> AS_KEY = UnaryOperator.identity();

  /** Values in which Redis sees no wildcard. */
  static final UnaryOperator<String> AS_GLOB = Part::escaped;

  private Rendering() {}

  /** Every combination of the columns' texts, each result once. */
  static List<String> of(List<Part> parts, Values values, int most, UnaryOperator<String> writtenAs)
      throws TooManyException {
    List<List<String>> choices = choices(parts, values, writtenAs);
    long count = 1;
    for (List<String> each : choices) {
      count *= each.size();
      if (count > most) {
        throw new TooManyException(most);
      }
    }
    List<String> rendered = List.of("");
    for (List<String> each : choices) {
      rendered = combined(rendered, each);
    }
    return rendered;
  }

  private static List<List<String>> choices(
      List<Part> parts, Values values, UnaryOperator<String> writtenAs) {
    List<List<String>> choices = new ArrayList<>(parts.size());
    for (Part part : parts) {
      if (part instanceof Part.Literal literal) {
        choices.add(List.of(literal.text()));
      } else {
        choices.add(texts((Part.Column) part, values, writtenAs));
      }
    }
    return choices;
  }

  private static List<String> texts(
      Part.Column column, Values values, UnaryOperator<String> writtenAs) {
    List<@Nullable String> texts = column.reference().texts(values.of(column.reference()));
    if (texts.size() == 1) {
      return List.of(writtenAs.apply(column.written(texts.get(0))));
    }
    Set<String> written = new LinkedHashSet<>();
    for (String text : texts) {
      written.add(writtenAs.apply(column.written(text)));
    }
    return List.copyOf(written);
  }

  private static List<String> combined(List<String> beginnings, List<String> endings) {
    List<String> combined = new ArrayList<>(beginnings.size() * endings.size());
    for (String beginning : beginnings) {
      for (String ending : endings) {
        combined.add(beginning.isEmpty() ? ending : beginning + ending);
      }
    }
    return combined;
  }
}
