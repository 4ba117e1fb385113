package dev.cachetide.writebehind;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What is remembered of the refused values of one column. */
final class LearnedValues {

  private static final int MOST = 1_000;

  /** How many are remembered as long as none was refused a second time. */
  private static final int MOST_ONCE = 32;

  private final Set<String> texts = new HashSet<>();

  /** Few columns have any, since each costs more to compare. */
  private final Set<String> forms = new HashSet<>();

  /** A bit for each character that a form begins with, so that most texts need not be formed. */
  private long begins;

  /** Whether a value was refused again. */
  private boolean recurring;

  /** What a later change of this one does not reach. */
  LearnedValues copy() {
    LearnedValues copy = new LearnedValues();
    copy.texts.addAll(texts);
    copy.forms.addAll(forms);
    copy.begins = begins;
    copy.recurring = recurring;
    return copy;
  }

  /** Takes note of a clue; returns whether it was not known. */
  boolean add(Clue clue) {
    if (like(clue).size() == MOST) {
      return false;
    }
    boolean first = like(clue).add(clue.text());
    if (clue.form()) {
      begins |= begin(clue.text());
    } else {
      recurring |= !first;
    }
    return first;
  }

  /** Returns whether it was known. */
  boolean remove(Clue clue) {
    return like(clue).remove(clue.text());
  }

  /** Forgets values, but not forms, if so many were refused once and none twice. */
  boolean forgetUnrepeated() {
    if (recurring || texts.size() <= MOST_ONCE) {
      return false;
    }
    texts.clear();
    return true;
  }

  /** Whether a value is known, or its form. */
  boolean has(String text) {
    // most are of a column of which nothing, or forms alone are known
    return (!texts.isEmpty() && texts.contains(text))
        || (!forms.isEmpty() && (begins & begin(text)) != 0 && forms.contains(form(text)));
  }

  boolean isEmpty() {
    return texts.isEmpty() && forms.isEmpty();
  }

  private Set<String> like(Clue clue) {
    return clue.form() ? forms : texts;
  }

  private static long begin(String text) {
    char first = text.isEmpty() ? '0' : text.charAt(0);
    return 1L << (first >= '1' && first <= '9' ? '0' : first);
  }

  private static String form(String text) {
    StringBuilder form = new StringBuilder(text.length());
    boolean number = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean digit = c >= '0' && c <= '9';
      if (!digit || !number) {
        form.append(digit ? '0' : c);
      }
      number = digit;
    }
    return form.toString();
  }

  /**
   * A value.
   *
   * @param form whether only its form is meant
   */
  record Clue(boolean form, String text) {

    /** As it is, and by its form. One without numbers is both. */
    static List<Clue> of(String text) {
      return List.of(new Clue(false, text), new Clue(true, LearnedValues.form(text)));
    }
  }
}
