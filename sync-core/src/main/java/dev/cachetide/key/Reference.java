package dev.cachetide.key;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A column as a template names it, with what is to be made of its value.
 *
 * @param image which image of the row is meant
 * @param column as the catalogue spells it
 * @param each whether the value is an array, each element of which makes a key of its own
 * @param formats applied one after the other
 */
public record Reference(Image image, String column, boolean each, List<Format> formats) {

  /** Copies the list. */
  public Reference {
    formats = List.copyOf(formats);
  }

  /** Whether one row can name several keys through it. */
  boolean multiplies() {
    return each || formats.stream().anyMatch(Format::multiplies);
  }

  /**
   * What stands in the key for a column's value, one text for each key.
   *
   * @param value null for NULL
   * @return empty when the value is an empty or a NULL array
   * @throws IllegalArgumentException when a format does not fit the value; the message does not
   *     quote it
   */
  List<@Nullable String> texts(@Nullable String value) {
    List<@Nullable String> texts = new ArrayList<>();
    if (!each) {
      texts.add(value);
    } else if (value != null) {
      texts.addAll(JsonText.elements(value));
    }
    for (Format format : formats) {
      List<@Nullable String> formatted = new ArrayList<>();
      for (String text : texts) {
        formatted.addAll(format.apply(text));
      }
      texts = formatted;
    }
    return texts;
  }

  /** As a template spells it, without braces. */
  @Override
  public String toString() {
    String name =
        column.matches("[^\\[\\]|{}\".]+") ? column : '"' + column.replace("\"", "\"\"") + '"';
    String suffix = formats.stream().map(format -> "|" + format).collect(Collectors.joining());
    return image.prefix() + name + (each ? "[]" : "") + suffix;
  }

  /** Which image of a changed row a column is taken from. */
  public enum Image {
    /** The row as it was and as it is, one after the other. */
    EITHER(""),
    /** The row as it was. */
    OLD("old."),
    /** The row as it is. */
    NEW("new.");

    private final String prefix;

    Image(String prefix) {
      this.prefix = prefix;
    }

    /** As it stands before a column's name. */
    public String prefix() {
      return prefix;
    }
  }
}
