package dev.cachetide.runtime.settings;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Which known word an unknown one was probably meant to be. */
public final class Spelling {

  private Spelling() {}

  /** The nearest candidate, by edit distance, if it is near enough to be meant. */
  public static Optional<String> nearest(String word, Collection<String> candidates) {
    return candidates.stream()
        .filter(candidate -> distance(fold(word), fold(candidate)) <= allowed(candidate))
        .min(
            Comparator.<String>comparingInt(candidate -> distance(fold(word), fold(candidate)))
                .thenComparing(Comparator.naturalOrder()));
  }

  private static int allowed(String candidate) {
    return Math.max(1, candidate.length() / 3);
  }

  /** Case, dashes, dots and underscores are what people mix up most: they do not count. */
  private static String fold(String word) {
    return word.toLowerCase(Locale.ROOT).replaceAll("[-_.]", "");
  }

  /**
   * Levenshtein's distance, in which two neighbours that changed places count once; a table of
   * three rows at a time.
   */
  private static int distance(String from, String to) {
    int[] twoAbove = new int[to.length() + 1];
    int[] above = new int[to.length() + 1];
    for (int column = 0; column <= to.length(); column++) {
      above[column] = column;
    }
    for (int line = 1; line <= from.length(); line++) {
      int[] row = new int[to.length() + 1];
      row[0] = line;
      for (int column = 1; column <= to.length(); column++) {
        boolean same = from.charAt(line - 1) == to.charAt(column - 1);
        int replaced = above[column - 1] + (same ? 0 : 1);
        row[column] = Math.min(replaced, Math.min(above[column], row[column - 1]) + 1);
        if (swapped(from, line, to, column)) {
          row[column] = Math.min(row[column], twoAbove[column - 2] + 1);
        }
      }
      twoAbove = above;
      above = row;
    }
    return above[to.length()];
  }

  private static boolean swapped(String from, int line, String to, int column) {
    return line > 1
        && column > 1
        && from.charAt(line - 1) == to.charAt(column - 2)
        && from.charAt(line - 2) == to.charAt(column - 1);
  }
}
