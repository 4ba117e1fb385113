package dev.cachetide.invalidation.rules;

import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.invalidation.rules.Condition.Truth;
import dev.cachetide.key.Reference.Image;
import java.util.Locale;
import java.util.Optional;

/** Why a rule does not apply to a changed row, in words that name the place in the file. Pure. */
final class WhyNot {

  private final String when;
  private final ChangedRow row;

  private WhyNot(Rule rule, ChangedRow row) {
    this.when = rule.path() + ".when";
    this.row = row;
  }

  /** Empty when it applies. */
  static Optional<String> of(Rule rule, ChangedRow row) {
    if (row.event().operation() == Operation.TRUNCATE) {
      return Optional.empty();
    }
    if (rule.skipOwnWrites() && row.event().echo()) {
      return Optional.of(
          rule.path() + ".skip_own_writes: the write-behind worker made this change");
    }
    return rule.when().test(row) == Truth.NO
        ? Optional.of(new WhyNot(rule, row).reason(rule.when()))
        : Optional.empty();
  }

  /** Of a condition that does not hold. */
  private String reason(Condition condition) {
    if (condition instanceof Condition.All all) {
      return all.conditions().stream()
          .filter(each -> each.test(row) == Truth.NO)
          .findFirst()
          .map(this::reason)
          .orElse(when + ": its parts exclude each other");
    }
    if (condition instanceof Condition.Op) {
      String operation = row.event().operation().name().toLowerCase(Locale.ROOT);
      return when + ".op: does not list " + operation;
    }
    if (condition instanceof Condition.Changed changed) {
      return changed.path() + ": none of " + String.join(", ", changed.names()) + " has changed";
    }
    if (condition instanceof Condition.Row values) {
      return reason(values);
    }
    return condition instanceof Condition.Any
        ? when + ".any: none of its entries holds"
        : when + ".not: what it excludes is the case";
  }

  private String reason(Condition.Row values) {
    Image image = values.image();
    if (image == Image.EITHER) {
      return values.path() + ": holds neither for the row as it was nor as it is";
    }
    String which = image == Image.OLD ? "as it was" : "as it is";
    if (!row.exists(image)) {
      return values.path() + ": there is no row " + which;
    }
    return values.tests().entrySet().stream()
            .filter(test -> fails(image, test.getKey(), test.getValue()))
            .map(test -> values.path() + "." + test.getKey())
            .sorted()
            .findFirst()
            .orElse(values.path())
        + ": does not hold for the row "
        + which;
  }

  private boolean fails(Image image, String column, ValueTest test) {
    ChangedRow.Told told = row.value(image, column);
    return told.known() && test.test(told.text()) == Truth.NO;
  }
}
