package dev.cachetide.key;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A cache key with columns in it, such as <code>user:email:{email}</code>, compiled once.
 * Immutable.
 *
 * <p><b>Two rows whose columns differ have two keys.</b> A value is written as its text, with three
 * exceptions: {@code %} becomes {@code %25}; where a literal follows the column, the literal's
 * first character becomes {@code %} and two hex digits for each of its UTF-8 bytes; and NULL is
 * {@code %00}, which no value can produce, since Postgres text holds no NUL. So in a written value
 * the delimiter never occurs: not raw, because it is escaped, and not inside an escape, because
 * compilation refuses a delimiter that is {@code %} or a hex digit. Reading a key from the left,
 * each value therefore ends at the first occurrence of its delimiter, the last one ends with the
 * key, and each written value has one reading. Keys of different templates may still be equal;
 * choose different prefixes.
 *
 * <p>Everything else stays as it is, so that an application in any language builds the same key by
 * plain concatenation as long as its values hold no {@code %} and no delimiter.
 */
public final class KeyTemplate {

  private final String text;
  private final List<Part> parts;

  KeyTemplate(String text, List<Part> parts) {
    this.text = text;
    this.parts = List.copyOf(parts);
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
    return parts.stream()
        .filter(Part.Column.class::isInstance)
        .map(part -> ((Part.Column) part).name())
        .toList();
  }

  /**
   * The key of one row.
   *
   * @param row text by column, null for NULL; must hold every one of {@link #columns()}
   * @throws IllegalArgumentException when a column is missing
   */
  public String render(Map<String, @Nullable String> row) {
    StringBuilder key = new StringBuilder();
    for (Part part : parts) {
      part.write(row, key);
    }
    return key.toString();
  }

  /**
   * A Redis glob that matches every key of this template; where the template ends with a column or
   * begins like another one, it may match keys of others too.
   */
  public String pattern() {
    return parts.stream().map(Part::pattern).collect(Collectors.joining());
  }

  /**
   * The glob of one row, of a template that {@link #compileGlob} has compiled: values are written
   * as in keys, and Redis sees no wildcard in them.
   *
   * @param row as for {@link #render}
   * @throws IllegalArgumentException when a column is missing
   */
  public String renderGlob(Map<String, @Nullable String> row) {
    StringBuilder glob = new StringBuilder();
    for (Part part : parts) {
      if (part instanceof Part.Literal literal) {
        glob.append(literal.text());
      } else {
        StringBuilder value = new StringBuilder();
        part.write(row, value);
        glob.append(Part.escaped(value.toString()));
      }
    }
    return glob.toString();
  }

  /** A glob that covers every {@link #renderGlob}. */
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
