package dev.cachetide.invalidation.rules;

import dev.cachetide.invalidation.rules.Want.Reason;
import dev.cachetide.key.KeyTemplate.TooManyException;
import dev.cachetide.key.KeyTemplate.Values;
import dev.cachetide.key.Reference;
import dev.cachetide.key.Reference.Image;
import java.util.List;
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
    render(fanOut.eviction(), Values.of(row), Reason.RELATED).forEach(plan::add);
  }

  /** Adds all that related rows could name, because they are not known. */
  public void failed(Plan plan) {
    plan.add(everything(Reason.LOOKUP_FAILED));
  }

  /** What stands for the related rows of an image of a row that has too many. */
  List<Want> aboveCap(ChangedRow row, Image image) {
    Rule.Eviction above = fanOut.above();
    if (above == null || !above.template().references().stream().allMatch(told(row, image))) {
      return List.of(everything(Reason.ABOVE_CAP));
    }
    Values values = reference -> row.value(image(reference, image), reference.column()).text();
    return render(above, values, Reason.ABOVE_CAP);
  }

  private static Predicate<Reference> told(ChangedRow row, Image image) {
    return reference ->
        row.exists(image(reference, image))
            && row.value(image(reference, image), reference.column()).known();
  }

  private static Image image(Reference reference, Image bare) {
    return reference.image() == Image.EITHER ? bare : reference.image();
  }

  private List<Want> render(Rule.Eviction eviction, Values values, Reason reason) {
    try {
      return eviction.render(values).stream()
          .map(target -> new Want(rule, eviction, target, reason))
          .toList();
    } catch (TooManyException e) {
      return List.of(everything(Reason.TOO_MANY));
    } catch (IllegalArgumentException e) {
      return List.of(everything(Reason.UNFIT));
    }
  }

  private Want everything(Reason reason) {
    return new Want(rule, fanOut.eviction(), null, reason);
  }
}
