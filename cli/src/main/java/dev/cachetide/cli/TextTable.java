package dev.cachetide.cli;

import java.util.ArrayList;
import java.util.List;

/** Lines of columns that line up. What a terminal would act on is shown, not sent. */
final class TextTable {

  private static final String GAP = "  ";

  private final String indent;
  private final List<List<String>> lines = new ArrayList<>();
  private final List<Integer> rightAligned;

  /**
   * Empty.
   *
   * @param rightAligned columns of numbers, from 0
   */
  TextTable(String indent, Integer... rightAligned) {
    this.indent = indent;
    this.rightAligned = List.of(rightAligned);
  }

  void add(String... cells) {
    List<String> line = new ArrayList<>();
    for (String cell : cells) {
      line.add(visible(cell));
    }
    lines.add(line);
  }

  boolean isEmpty() {
    return lines.isEmpty();
  }

  List<String> lines() {
    List<Integer> widths = new ArrayList<>();
    for (List<String> line : lines) {
      for (int i = 0; i < line.size(); i++) {
        int width = line.get(i).codePointCount(0, line.get(i).length());
        if (i == widths.size()) {
          widths.add(width);
        }
        widths.set(i, Math.max(widths.get(i), width));
      }
    }
    return lines.stream().map(line -> text(line, widths)).toList();
  }

  private String text(List<String> line, List<Integer> widths) {
    StringBuilder text = new StringBuilder(indent);
    for (int i = 0; i < line.size(); i++) {
      String cell = line.get(i);
      String pad = " ".repeat(widths.get(i) - cell.codePointCount(0, cell.length()));
      text.append(i == 0 ? "" : GAP);
      text.append(rightAligned.contains(i) ? pad + cell : cell + pad);
    }
    return text.toString().stripTrailing();
  }

  /** A key may hold anything that a row holds: line breaks, or orders to a terminal. */
  static String visible(String text) {
    StringBuilder visible = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              int type = Character.getType(c);
              if (type == Character.CONTROL
                  || type == Character.FORMAT
                  || type == Character.LINE_SEPARATOR
                  || type == Character.PARAGRAPH_SEPARATOR
                  || type == Character.SURROGATE) {
                visible.append(String.format("\\u%04x", c));
              } else {
                visible.appendCodePoint(c);
              }
            });
    return visible.toString();
  }
}
