package dev.cachetide.invalidation.rules;

import dev.cachetide.invalidation.refresh.Refresh;
import dev.cachetide.key.KeyTemplate;
import dev.cachetide.key.KeyTemplate.Compilation;
import dev.cachetide.runtime.settings.LimitSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.RefreshSettings;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Every rule of a configuration, compiled. Immutable. */
public final class RuleSet {

  private static final String PAUSED = "paused";

  private final List<Rule> rules;

  private final Map<String, String> effects;

  private RuleSet(List<Rule> rules, Map<String, String> effects) {
    this.rules = List.copyOf(rules);
    this.effects = Map.copyOf(effects);
  }

  /**
   * Compiles rules.
   *
   * @param file as problems name it
   * @return {@link Result.Compiled}, or {@link Result.Refused} with every problem at once
   */
  public static Result compile(String file, List<RuleSettings> settings) {
    List<Rule> rules = new ArrayList<>();
    Map<String, String> effects = new HashMap<>();
    List<Problem> problems = new ArrayList<>();
    FanOutCompiler fanOuts = new FanOutCompiler(file, problems);
    for (RuleSettings rule : settings) {
      List<Rule.Eviction> evictions = new ArrayList<>();
      for (RuleSettings.EvictSettings evict : rule.evict()) {
        Compilation compilation = evict.kind().compile(evict.template());
        if (compilation instanceof Compilation.Refused refused) {
          problems.add(new Problem(file, evict.path(), refused.message(), refused.fix()));
        } else {
          evictions.add(
              new Rule.Eviction(
                  evict.path(), evict.kind(), ((Compilation.Compiled) compilation).template()));
        }
      }
      effects.put(rule.name(), RuleEffect.text(rule));
      rules.add(
          new Rule(
              rule.path(),
              rule.name(),
              rule.schema(),
              rule.table(),
              ConditionReader.read(rule.when(), rule.path() + ".when"),
              evictions,
              fanOuts.compile(rule),
              rule.skipOwnWrites(),
              rule.widen(),
              limits(file, rule.limits(), problems),
              refreshes(file, rule, problems)));
    }
    fanOuts.checkCovered(rules);
    return problems.isEmpty()
        ? new Result.Compiled(new RuleSet(rules, effects))
        : new Result.Refused(problems);
  }

  private static Limits limits(String file, LimitSettings settings, List<Problem> problems) {
    RuleSettings.EvictSettings above = settings.above();
    Optional<Compilation.Refused> refusal = settings.refusal();
    if (above == null || refusal.isEmpty()) {
      return Limits.of(settings);
    }
    problems.add(new Problem(file, above.path(), refusal.get().message(), refusal.get().fix()));
    return Limits.of(LimitSettings.DEFAULT);
  }

  private static List<Refresh> refreshes(String file, RuleSettings rule, List<Problem> problems) {
    List<Refresh> refreshes = new ArrayList<>();
    TableName table = new TableName(rule.schema(), rule.table());
    for (RefreshSettings refresh : rule.refresh()) {
      Compilation compilation = KeyTemplate.compile(refresh.key());
      if (compilation instanceof Compilation.Refused refused) {
        String path = refresh.path() + ".key";
        problems.add(new Problem(file, path, refused.message(), refused.fix()));
      } else {
        KeyTemplate key = ((Compilation.Compiled) compilation).template();
        refreshes.add(Refresh.of(table, refresh, key));
      }
    }
    return refreshes;
  }

  /** The refreshes of all of them, in the file's order. */
  public List<Refresh> refreshes() {
    return rules.stream().flatMap(rule -> rule.refresh().stream()).toList();
  }

  /** All of them, in the file's order. */
  public List<Rule> rules() {
    return rules;
  }

  /**
   * The same rules, about single tables: one about a glob stands once for each table that it
   * matches, and not at all when it matches none.
   *
   * @param found the tables that globs may match
   */
  public RuleSet over(Collection<TableName> found) {
    List<Rule> single = new ArrayList<>();
    for (Rule rule : rules) {
      if (rule.tables().isGlob()) {
        found.stream().filter(rule.tables()::matches).forEach(name -> single.add(rule.at(name)));
      } else {
        single.add(rule);
      }
    }
    return new RuleSet(single, effects);
  }

  /**
   * The same rules, of which some name nothing: their events are passed over, and their tables'
   * topics are still read. To {@link #fingerprint} such a rule is another one.
   *
   * @param names of those rules
   */
  public RuleSet pausing(Collection<String> names) {
    if (rules.stream().noneMatch(rule -> names.contains(rule.name()))) {
      return this;
    }
    Map<String, String> paused = new HashMap<>(effects);
    paused.replaceAll((name, effect) -> names.contains(name) ? PAUSED : effect);
    return new RuleSet(
        rules.stream().map(rule -> names.contains(rule.name()) ? rule.idle() : rule).toList(),
        paused);
  }

  /** Those whose glob matches a table, about that table alone. */
  public RuleSet at(TableName name) {
    return new RuleSet(
        rules.stream()
            .filter(rule -> rule.tables().isGlob() && rule.tables().matches(name))
            .map(rule -> rule.at(name))
            .toList(),
        effects);
  }

  /**
   * What some of these rules evict from what, as a short text that is equal when that is: 32
   * hexadecimal digits. The rules' names, order and files make no difference.
   */
  public String fingerprint(Collection<Rule> some) {
    return RuleEffect.fingerprint(
        some.stream()
            .map(rule -> rule.tables() + "\n" + effects.getOrDefault(rule.name(), ""))
            .toList());
  }

  /**
   * Those that are about one table, by its name or by a glob, as rules about it alone; in the
   * file's order, empty when it has none.
   */
  public List<Rule> of(String schema, String table) {
    TableName name = new TableName(schema, table);
    return rules.stream()
        .filter(rule -> rule.tables().matches(name))
        .map(rule -> rule.tables().isGlob() ? rule.at(name) : rule)
        .toList();
  }

  /** All that these rules can name: the patterns that cover it. */
  public static Plan everything(List<Rule> rules) {
    Plan everything = new Plan();
    for (Rule rule : rules) {
      for (Rule.Eviction eviction : rule.evict()) {
        eviction.everything(everything);
      }
      rule.fanOut().forEach(fanOut -> fanOut.everything(everything));
      rule.refresh().forEach(everything::evictAllOf);
    }
    return everything;
  }

  /**
   * The same, and the positions that mirrored rows keep: after a gap a database may be another one,
   * whose positions are no greater.
   */
  public static Plan everythingAndPositions(List<Rule> rules) {
    Plan everything = everything(rules);
    for (Rule rule : rules) {
      for (Refresh refresh : rule.refresh()) {
        refresh.positions().forEach(everything::evictMatching);
      }
    }
    return everything;
  }

  /** What leaves in place of too many names of any of these rules. */
  public static Plan coarse(List<Rule> rules) {
    Plan coarse = new Plan();
    rules.forEach(rule -> coarse.add(rule.coarse()));
    return coarse;
  }

  /** What compiling came to. */
  public sealed interface Result {

    /** They can be used. */
    record Compiled(RuleSet rules) implements Result {}

    /**
     * They cannot.
     *
     * @param problems never empty
     */
    record Refused(List<Problem> problems) implements Result {
      /** Copies the list. */
      public Refused {
        problems = List.copyOf(problems);
      }
    }
  }
}
