package dev.cachetide.invalidation.rules;

import dev.cachetide.invalidation.rules.Want.Reason;
import dev.cachetide.key.KeyTemplate.TooManyException;
import dev.cachetide.key.KeyTemplate.Values;
import dev.cachetide.key.Reference;
import dev.cachetide.key.Reference.Image;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A {@code fan_out} of a rule whose related rows have to be looked up: what they name becomes what
 * the rule wants, with the template's place in the file and the reason.
 */
public record Lookup(Rule rule, FanOut fanOut) {

  /**
   * Adds what a related row names.
   *
   * @param row text by column, null for NULL; holds every column of the template
   */
  public void related(Map<String, @Nullable String> row, Plan plan) {
    render(fanOut.eviction(), Values.of(row), Reason.RELATED, plan);
  }

  /** Adds all that related rows could name, because they are not known. */
  public void failed(Plan plan) {
    plan.add(new Want(rule, fanOut.eviction(), null, Reason.LOOKUP_FAILED));
  }

  /** Adds what stands for the related rows of an image of a row that has too many. */
  void aboveCap(ChangedRow row, Image image, Plan plan) {
    Rule.Eviction above = fanOut.above();
    if (above == null || !above.template().references().stream().allMatch(told(row, image))) {
      plan.add(new Want(rule, fanOut.eviction(), null, Reason.ABOVE_CAP));
      return;
    }
    Values values = reference -> row.value(image(reference, image), reference.column()).text();
    render(above, values, Reason.ABOVE_CAP, plan);
  }

  private static Predicate<Reference> told(ChangedRow row, Image image) {
    return reference ->
        row.exists(image(reference, image))
            && row.value(image(reference, image), reference.column()).known();
  }

  private static Image image(Reference reference, Image bare) {
    return reference.image() == Image.EITHER ? bare : reference.image();
  }

  private void render(Rule.Eviction eviction, Values values, Reason reason, Plan plan) {
    try {
      eviction.render(values).forEach(target -> plan.add(new Want(rule, eviction, target, reason)));
    } catch (TooManyException e) {
      plan.add(new Want(rule, fanOut.eviction(), null, Reason.TOO_MANY));
    } catch (IllegalArgumentException e) {
      plan.add(new Want(rule, fanOut.eviction(), null, Reason.UNFIT));
    }
  }
}
