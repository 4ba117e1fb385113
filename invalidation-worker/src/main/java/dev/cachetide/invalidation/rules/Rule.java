package dev.cachetide.invalidation.rules;

import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.invalidation.refresh.Refresh;
import dev.cachetide.key.KeyTemplate;
import dev.cachetide.key.KeyTemplate.TooManyException;
import dev.cachetide.runtime.settings.LimitSettings;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import dev.cachetide.runtime.settings.TablePattern;
import dev.cachetide.wire.TableName;
import java.util.List;

/**
 * A compiled rule.
 *
 * @param when it applies
 * @param evict what leaves, with where it stands in the file
 * @param fanOut what leaves with related rows
 * @param skipOwnWrites whether changes that the write-behind worker made are passed over
 * @param widen whether old values outside the replica identity evict everything that a template
 *     could name, instead of being refused
 * @param limits to how many names leave one by one
 * @param refresh what is put under which key
 */
public record Rule(
    String path,
    String name,
    String schema,
    String table,
    Condition when,
    List<Eviction> evict,
    List<FanOut> fanOut,
    boolean skipOwnWrites,
    boolean widen,
    Limits limits,
    List<Refresh> refresh) {

  /** The most keys that one template may name for one image of a row. */
  static final int MOST_KEYS = 10_000;

  /** Copies the lists. */
  public Rule {
    evict = List.copyOf(evict);
    fanOut = List.copyOf(fanOut);
    refresh = List.copyOf(refresh);
  }

  /**
   * The dirty entries that the rule's evictions for an event leave. A rule that may pass over the
   * echo of a write spares none: nothing would make the entry leave.
   */
  public Spared spared(ChangeEvent event) {
    return skipOwnWrites || !when.equals(Condition.ALWAYS) ? Spared.NONE : event.spared();
  }

  /** What leaves in place of more names than the limits allow. */
  public Plan coarse() {
    Plan coarse = new Plan();
    if (limits.above() != null) {
      limits.above().plan(coarse);
    } else {
      evict.forEach(eviction -> eviction.everything(coarse));
      fanOut.forEach(each -> each.everything(coarse));
    }
    return coarse;
  }

  /** The table or tables that it is about. */
  public TablePattern tables() {
    return new TablePattern(schema, table);
  }

  /** The same rule, naming nothing. */
  Rule idle() {
    return new Rule(
        path,
        name,
        schema,
        table,
        when,
        List.of(),
        List.of(),
        skipOwnWrites,
        widen,
        Limits.of(LimitSettings.DEFAULT),
        List.of());
  }

  /** The same rule about one of its tables. */
  Rule at(TableName name) {
    return new Rule(
        path,
        this.name,
        name.schema(),
        name.table(),
        when,
        evict,
        fanOut.stream().map(each -> each.at(name)).toList(),
        skipOwnWrites,
        widen,
        limits,
        refresh.stream().map(each -> each.at(name)).toList());
  }

  /**
   * One template of a rule.
   *
   * @param path in the file, {@code rules[0].evict[1].key}
   * @param kind what the template names
   */
  public record Eviction(String path, Kind kind, KeyTemplate template) {

    /** What one row names. */
    List<String> render(KeyTemplate.Values values) throws TooManyException {
      return kind == Kind.PATTERN
          ? template.renderGlobs(values, MOST_KEYS)
          : template.renderAll(values, MOST_KEYS);
    }

    /** Adds a rendered name. */
    void plan(String target, Plan plan) {
      switch (kind) {
        case KEY -> plan.evict(target);
        case TAG -> plan.evictTag(target);
        case VERSION -> plan.evictVersion(target);
        case PATTERN -> plan.evictMatching(target, template.widestGlob());
      }
    }

    /** Adds all that any row could name. */
    void everything(Plan plan) {
      switch (kind) {
        case KEY -> plan.evictMatching(template.pattern());
        case TAG -> plan.evictTagsMatching(template.pattern());
        case VERSION -> plan.evictVersionsMatching(template.pattern());
        case PATTERN -> plan.evictMatching(template.widestGlob());
      }
    }

    /** The glob of all that any row could name. */
    public String widest() {
      return kind == Kind.PATTERN ? template.widestGlob() : template.pattern();
    }
  }
}
