package dev.cachetide.key;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A cache key with columns in it, such as <code>user:email:{email}</code>, compiled once.
 * Immutable.
 *
 * <p>A column may be followed by {@code []} and by formats, and preceded by {@code old.} or {@code
 * new.}: <code>{new.labels[]|lower}</code>. A name that holds one of <code>[ ] | { } "</code> or
 * begins with {@code old.} or {@code new.} stands in double quotes, doubled inside.
 *
 * <p><b>Two rows whose columns, as formatted, differ have two keys.</b> A value is written as its
 * text, with three exceptions: {@code %} becomes {@code %25}; where a literal follows the column,
 * the literal's first character becomes {@code %} and two hex digits for each of its UTF-8 bytes;
 * and NULL is {@code %00}, which no value can produce, since Postgres text holds no NUL. So in a
 * written value the delimiter never occurs: not raw, because it is escaped, and not inside an
 * escape, because compilation refuses a delimiter that is {@code %} or a hex digit. Reading a key
 * from the left, each value therefore ends at the first occurrence of its delimiter, the last one
 * ends with the key, and each written value has one reading. Keys of different templates may still
 * be equal; choose different prefixes.
 *
 * <p>Everything else stays as it is, so that an application in any language builds the same key by
 * plain concatenation as long as its values hold no {@code %} and no delimiter.
 */
public final class KeyTemplate {

  private final String text;
  private final List<Part> parts;
  private final List<Reference> references;

  KeyTemplate(String text, List<Part> parts) {
    this.text = text;
    this.parts = List.copyOf(parts);
    references =
        parts.stream()
            .filter(Part.Column.class::isInstance)
            .map(part -> ((Part.Column) part).reference())
            .toList();
  }

  /**
   * Compiles a template. <code>{{</code> and <code>}}</code> stand for braces.
   *
   * @return {@link Compilation.Compiled} or {@link Compilation.Refused}; nothing is thrown
   */
  public static Compilation compile(String text) {
    return new TemplateParser(text).parse();
  }

  /**
   * Compiles a template of a Redis glob, whose fixed text may hold wildcards: <code>user:{id}:*
   * </code>. In addition to what holds for keys it begins with a fixed text, no wildcard follows a
   * column directly, since other rows' values could begin alike, and {@code [ ]} and a backslash
   * are complete within a piece of fixed text.
   *
   * @return {@link Compilation.Compiled} or {@link Compilation.Refused}; nothing is thrown
   */
  public static Compilation compileGlob(String text) {
    Compilation compilation = compile(text);
    return compilation instanceof Compilation.Compiled compiled
        ? Wildcards.checked(compiled.template(), compiled.template().parts)
        : compilation;
  }

  /** The columns that the key is made of, in their order; one may stand there twice. */
  public List<String> columns() {
    return references().stream().map(Reference::column).toList();
  }

  /** The columns as the template names them, in their order. */
  public List<Reference> references() {
    return references;
  }

  /** Whether one row can name several keys, or none: a key for each element of an array. */
  public boolean multiplies() {
    return references().stream().anyMatch(Reference::multiplies);
  }

  /**
   * The key of one row, of a template that does not {@linkplain #multiplies multiply}. {@code old.}
   * and {@code new.} mean the same row.
   *
   * @param row text by column, null for NULL; must hold every one of {@link #columns()}
   * @throws IllegalArgumentException when a column is missing or a format does not fit its value
   * @throws IllegalStateException when the template multiplies
   */
  public String render(Map<String, @Nullable String> row) {
    if (multiplies()) {
      throw new IllegalStateException(text + " may name several keys");
    }
    try {
      return Rendering.of(parts, Values.of(row), 1, Rendering.AS_KEY).get(0);
    } catch (TooManyException e) {
      throw new IllegalStateException("a template that does not multiply named several keys", e);
    }
  }

  /**
   * The keys of one row, each once, in the order of the elements.
   *
   * @param most that may be named
   * @return empty when an array has no element
   * @throws IllegalArgumentException when a format does not fit a value; the message quotes none
   * @throws TooManyException when there are more than {@code most}; nothing is built then
   */
  public List<String> renderAll(Values values, int most) throws TooManyException {
    return Rendering.of(parts, values, most, Rendering.AS_KEY);
  }

  /**
   * A Redis glob that matches every key of this template; where the template ends with a column or
   * begins like another one, it may match keys of others too.
   */
  public String pattern() {
    return parts.stream().map(Part::pattern).collect(Collectors.joining());
  }

  /**
   * The globs of one row, of a template that {@link #compileGlob} has compiled: values are written
   * as in keys, and Redis sees no wildcard in them.
   *
   * @param most as for {@link #renderAll}
   * @throws IllegalArgumentException as there
   * @throws TooManyException as there
   */
  public List<String> renderGlobs(Values values, int most) throws TooManyException {
    return Rendering.of(parts, values, most, Rendering.AS_GLOB);
  }

  /** A glob that covers every one of {@link #renderGlobs}. */
  public String widestGlob() {
    return parts.stream()
        .map(part -> part instanceof Part.Literal literal ? literal.text() : part.pattern())
        .collect(Collectors.joining());
  }

  /** As it was compiled. */
  @Override
  public String toString() {
    return text;
  }

  /** Where the values of a template's columns come from. */
  @FunctionalInterface
  public interface Values {

    /** A column's value as text; null for NULL. */
    @Nullable String of(Reference reference);

    /**
     * Those of one row, whichever image is asked for.
     *
     * @param row text by column, null for NULL; asking for another column throws
     */
    static Values of(Map<String, @Nullable String> row) {
      return reference -> {
        String value = row.get(reference.column());
        if (value == null && !row.containsKey(reference.column())) {
          throw new IllegalArgumentException("the row has no column " + reference.column());
        }
        return value;
      };
    }
  }

  /** One row names more keys than it may. */
  public static final class TooManyException extends Exception {
    private static final long serialVersionUID = 1L;

    TooManyException(int most) {
      super("one row names more than " + most + " keys", null, false, false);
    }
  }

  /** What compiling came to. */
  public sealed interface Compilation {

    /** It can be used. */
    record Compiled(KeyTemplate template) implements Compilation {}

    /**
     * It cannot.
     *
     * @param message what is wrong
     * @param fix what to write instead
     */
    record Refused(String message, String fix) implements Compilation {}
  }
}
