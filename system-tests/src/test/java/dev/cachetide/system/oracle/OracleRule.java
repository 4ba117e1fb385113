package dev.cachetide.system.oracle;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * A rule of a case.
 *
 * @param when null when it always applies
 */
record OracleRule(
    String name,
    int number,
    Table table,
    When when,
    List<Template> templates,
    List<Fan> fans,
    boolean skipOwnWrites,
    boolean widens) {

  boolean holds(Change change) {
    return when == null || when.holds(change);
  }

  /** Whether an event may leave open whether the condition holds. */
  boolean maybe() {
    return when != null
        && (!table.told().containsAll(when.old())
            || when.all().stream().anyMatch(each -> table.mayBeLeftOut(table.column(each))));
  }

  /** Whether an event may leave open what a template names. */
  boolean open(Template template) {
    return template.places().stream()
        .anyMatch(
            place ->
                table.mayBeLeftOut(table.column(place.column()))
                    || (!place.image().equals("new.") && !table.told().contains(place.column())));
  }

  /** As the worker is given it: as it is, or broken. */
  ObjectNode json(Sabotage sabotage) {
    ObjectNode rule = JsonNodeFactory.instance.objectNode().put("name", name);
    rule.putObject("source").put("schema", table.schema()).put("table", table.name());
    if (when != null && sabotage != Sabotage.CONDITION_IGNORED) {
      rule.set("when", When.json(when));
    }
    ArrayNode evict = rule.putArray("evict");
    for (Template template : templates) {
      if (sabotage != Sabotage.TEMPLATE_DROPPED || evict.isEmpty()) {
        String text = template.text(sabotage == Sabotage.OLD_IMAGE_LEFT_OUT);
        evict.addObject().put(template.kind(), text);
      }
    }
    if (sabotage == Sabotage.TEMPLATE_DROPPED && templates.size() == 1) {
      evict.removeAll().addObject().put("key", "nothing:of:" + name);
    }
    if (!fans.isEmpty()) {
      ArrayNode all = rule.putArray("fan_out");
      fans.forEach(fan -> all.add(fan.json()));
    }
    rule.put("skip_own_writes", skipOwnWrites);
    return rule.put("replica_identity", widens ? "widen" : "require");
  }

  /** What may be wrong with the worker. */
  enum Sabotage {
    NONE,
    OLD_IMAGE_LEFT_OUT,
    CONDITION_IGNORED,
    TEMPLATE_DROPPED
  }
}
