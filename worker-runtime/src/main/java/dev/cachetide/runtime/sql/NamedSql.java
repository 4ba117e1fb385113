package dev.cachetide.runtime.sql;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * One query of a configuration, with columns in it as {@code :column}. Immutable.
 *
 * <p>A name is spelt as in the catalogue; one with blanks or quotes in it is written {@code :"order
 * id"}. What stands in a string, a quoted name, a comment or between dollar quotes is no parameter,
 * and neither is a cast ({@code ::int}) or an array's slice ({@code a[1:n]}).
 */
public final class NamedSql {

  private final String text;
  private final List<Piece> pieces;

  NamedSql(String text, List<Piece> pieces) {
    this.text = text;
    this.pieces = List.copyOf(pieces);
  }

  /**
   * Reads a query. Only what begins with SELECT or WITH and is one statement passes.
   *
   * @return {@link Parsing.Parsed} or {@link Parsing.Refused}; nothing is thrown
   */
  public static Parsing parse(String text) {
    return new SqlScanner(text).scan();
  }

  /** The columns it names, each once, in the order in which they come first. */
  public List<String> parameters() {
    return pieces.stream().filter(Piece::parameter).map(Piece::text).distinct().toList();
  }

  /**
   * The text for a JDBC driver: question marks that are operators are doubled.
   *
   * @param expression the SQL that stands for a column's values
   */
  public String render(UnaryOperator<String> expression) {
    return pieces.stream()
        .map(piece -> piece.parameter() ? expression.apply(piece.text()) : piece.text())
        .collect(Collectors.joining());
  }

  /** As it stands in the file. */
  @Override
  public String toString() {
    return text;
  }

  /**
   * A part of the text.
   *
   * @param parameter whether it is a column's name
   */
  record Piece(String text, boolean parameter) {}

  /** What reading came to. */
  public sealed interface Parsing {

    /** It can be used. */
    record Parsed(NamedSql sql) implements Parsing {}

    /**
     * It cannot.
     *
     * @param message what is wrong
     * @param fix what to write instead
     */
    record Refused(String message, String fix) implements Parsing {}
  }
}
