package dev.cachetide.invalidation.rules;

import dev.cachetide.invalidation.rules.Condition.Truth;
import java.math.BigDecimal;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a condition asks of one column's value. NULL equals NULL alone and is like nothing. */
sealed interface ValueTest {

  /** Whether a value passes. */
  Truth test(@Nullable String text);

  /** It is NULL. */
  record IsNull() implements ValueTest {
    @Override
    public Truth test(@Nullable String text) {
      return Truth.of(text == null);
    }
  }

  /** It is this text. */
  record Is(String wanted) implements ValueTest {
    @Override
    public Truth test(@Nullable String text) {
      return Truth.of(wanted.equals(text));
    }
  }

  /** It passes one of these. */
  record OneOf(List<ValueTest> tests) implements ValueTest {

    /** Copies the list. */
    public OneOf {
      tests = List.copyOf(tests);
    }

    @Override
    public Truth test(@Nullable String text) {
      Truth none = Truth.YES;
      for (ValueTest each : tests) {
        none = none.and(each.test(text).not());
      }
      return none.not();
    }
  }

  /** It passes all of these. */
  record AllOf(List<ValueTest> tests) implements ValueTest {

    /** Copies the list. */
    public AllOf {
      tests = List.copyOf(tests);
    }

    @Override
    public Truth test(@Nullable String text) {
      Truth truth = Truth.YES;
      for (ValueTest each : tests) {
        truth = truth.and(each.test(text));
      }
      return truth;
    }
  }

  /** It does not pass this. */
  record IsNot(ValueTest test) implements ValueTest {
    @Override
    public Truth test(@Nullable String text) {
      return test.test(text).not();
    }
  }

  /** It is a number that compares so with another; what is no number is undecided. */
  record Compared(Comparison comparison, BigDecimal with) implements ValueTest {

    private static final int MOST_DIGITS = 1_000;

    @Override
    public Truth test(@Nullable String text) {
      if (text == null) {
        return Truth.NO;
      }
      if (text.length() > MOST_DIGITS) {
        return Truth.UNKNOWN;
      }
      try {
        return Truth.of(comparison.holds(new BigDecimal(text).compareTo(with)));
      } catch (NumberFormatException e) {
        // NaN, Infinity, or no number at all: not comparable here, so the rule applies.
        return Truth.UNKNOWN;
      }
    }
  }

  /**
   * It is like this, as SQL says it.
   *
   * @param pattern the whole value must match
   */
  record Like(Pattern pattern) implements ValueTest {

    /**
     * {@code %} for any text, {@code _} for one character, a backslash before either for itself.
     */
    static Like of(String like) {
      StringBuilder regex = new StringBuilder();
      for (int i = 0; i < like.length(); i++) {
        char c = like.charAt(i);
        if (c == '\\' && i + 1 < like.length()) {
          i++;
          regex.append(Pattern.quote(String.valueOf(like.charAt(i))));
        } else {
          regex.append(c == '%' ? ".*" : c == '_' ? "." : Pattern.quote(String.valueOf(c)));
        }
      }
      return new Like(Pattern.compile(regex.toString(), Pattern.DOTALL));
    }

    @Override
    public Truth test(@Nullable String text) {
      return Truth.of(text != null && pattern.matcher(text).matches());
    }
  }

  /** How numbers compare. */
  enum Comparison {
    EQUAL,
    BELOW,
    AT_MOST,
    ABOVE,
    AT_LEAST;

    boolean holds(int sign) {
      return switch (this) {
        case EQUAL -> sign == 0;
        case BELOW -> sign < 0;
        case AT_MOST -> sign <= 0;
        case ABOVE -> sign > 0;
        case AT_LEAST -> sign >= 0;
      };
    }
  }
}
