package dev.cachetide.invalidation.rules;

import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.invalidation.rules.Want.Reason;
import dev.cachetide.key.KeyTemplate.TooManyException;
import dev.cachetide.key.Reference;
import dev.cachetide.key.Reference.Image;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Rules applied to a change event: which keys, tags, versions and patterns must leave.
 *
 * <p>A template with a bare column is rendered for the row before <em>and</em> after the change, so
 * the entry under the old e-mail address leaves as well as the one under the new. An update without
 * a row before it (REPLICA IDENTITY DEFAULT, key unchanged) needs none: the catalogue check has
 * made sure that every column of a template is in the replica identity, so Postgres would have told
 * of a change.
 *
 * <p>Where a value that a template needs is not told, everything that the template could name
 * leaves instead: too much is safe, too little is not. For the same reason a condition that cannot
 * be decided holds.
 */
public final class RulePlanner {

  private final ChangedRow row;
  private final List<Want> wants = new ArrayList<>();

  private RulePlanner(ChangedRow row) {
    this.row = row;
  }

  /**
   * What an event calls for; a thing may be named twice.
   *
   * @param rules of the event's table
   * @param identity what the WAL tells of the table's old rows; null when it is not known
   */
  public static List<Want> wants(
      ChangeEvent event, List<Rule> rules, @Nullable ReplicaColumns identity) {
    RulePlanner planner = new RulePlanner(new ChangedRow(event, identity));
    for (Rule rule : rules) {
      if (planner.applies(rule)) {
        rule.evict().forEach(eviction -> planner.plan(rule, eviction));
        if (event.operation() == Operation.TRUNCATE) {
          rule.fanOut().stream()
              .flatMap(FanOut::evictions)
              .forEach(eviction -> planner.plan(rule, eviction));
        }
      }
    }
    return planner.wants;
  }

  /**
   * Adds to a plan whose related rows have to be looked up. Those of an emptied table are not, and
   * {@link #wants} names everything that they could name.
   *
   * @param rules of the event's table
   * @param identity as for {@link #wants}
   */
  public static void lookUp(
      ChangeEvent event, List<Rule> rules, @Nullable ReplicaColumns identity, Plan plan) {
    RulePlanner planner = new RulePlanner(new ChangedRow(event, identity));
    for (Rule rule : rules) {
      if (event.operation() != Operation.TRUNCATE && planner.applies(rule)) {
        rule.fanOut().forEach(fanOut -> plan.lookUp(new Lookup(rule, fanOut), planner.row));
      }
    }
  }

  /**
   * Whether a rule's refreshes apply. Changes that the write-behind worker made are never passed
   * over here: what is put must follow every change of the row.
   */
  static boolean refreshes(Rule rule, ChangedRow row) {
    return row.event().operation() == Operation.TRUNCATE
        || rule.when().test(row) != Condition.Truth.NO;
  }

  private boolean applies(Rule rule) {
    return row.event().operation() == Operation.TRUNCATE
        || (!(rule.skipOwnWrites() && row.event().echo())
            && rule.when().test(row) != Condition.Truth.NO);
  }

  private void plan(Rule rule, Rule.Eviction eviction) {
    if (row.event().operation() == Operation.TRUNCATE) {
      wants.add(new Want(rule, eviction, null, Reason.TRUNCATED));
    } else if (bothImages(eviction)) {
      plan(rule, eviction, Image.OLD, Reason.OLD_ROW);
      plan(rule, eviction, Image.NEW, Reason.NEW_ROW);
    } else {
      plan(rule, eviction, Image.NEW, Reason.CHANGE);
    }
  }

  /** Unless the template says for every column which image is meant. */
  private static boolean bothImages(Rule.Eviction eviction) {
    List<Reference> references = eviction.template().references();
    return references.isEmpty()
        || references.stream().anyMatch(reference -> reference.image() == Image.EITHER);
  }

  /** Renders with bare columns from one image. */
  private void plan(Rule rule, Rule.Eviction eviction, Image bare, Reason reason) {
    List<Reference> references = eviction.template().references();
    if ((reason != Reason.CHANGE && !row.exists(bare))
        || !references.stream().allMatch(each -> row.exists(image(each, bare)))) {
      return;
    }
    Optional<Reason> untold = untold(references, bare);
    if (untold.isPresent()) {
      wants.add(new Want(rule, eviction, null, untold.get()));
      return;
    }
    try {
      List<String> targets =
          eviction.render(
              reference -> row.value(image(reference, bare), reference.column()).text());
      targets.forEach(target -> wants.add(new Want(rule, eviction, target, reason)));
    } catch (TooManyException e) {
      wants.add(new Want(rule, eviction, null, Reason.TOO_MANY));
    } catch (IllegalArgumentException e) {
      wants.add(new Want(rule, eviction, null, Reason.UNFIT));
    }
  }

  private Optional<Reason> untold(List<Reference> references, Image bare) {
    Reason untold = null;
    for (Reference reference : references) {
      Image image = image(reference, bare);
      ChangedRow.Told told = row.value(image, reference.column());
      if (told.lacking()) {
        return Optional.of(Reason.LACKING);
      }
      if (!told.known()) {
        untold = image == Image.OLD ? Reason.OLD_UNTOLD : Reason.UNTOLD;
      }
    }
    return Optional.ofNullable(untold);
  }

  private static Image image(Reference reference, Image bare) {
    return reference.image() == Image.EITHER ? bare : reference.image();
  }
}
