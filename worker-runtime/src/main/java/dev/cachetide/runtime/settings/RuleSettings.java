package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.cachetide.key.KeyTemplate;
import java.util.List;
import java.util.Locale;

/**
 * One rule as it stands in the file; the invalidation worker compiles it.
 *
 * @param path of the rule in the file, {@code rules[0]}
 * @param when a condition as the schema describes it; missing or empty for always
 * @param evict the templates, in the file's order
 * @param fanOut what leaves with related rows, in the file's order
 * @param skipOwnWrites whether changes that the write-behind worker made are passed over; default
 *     false
 * @param widen whether a column outside the replica identity evicts all that a template could name,
 *     instead of being refused; default false
 * @param limits to how many keys leave one by one
 * @param refresh what is put under which key, in the file's order
 */
public record RuleSettings(
    String path,
    String name,
    String schema,
    String table,
    JsonNode when,
    List<EvictSettings> evict,
    List<FanOutSettings> fanOut,
    boolean skipOwnWrites,
    boolean widen,
    LimitSettings limits,
    List<RefreshSettings> refresh) {

  /** A rule that always applies and evicts. */
  public RuleSettings(
      String path, String name, String schema, String table, List<EvictSettings> evict) {
    this(path, name, schema, table, MissingNode.getInstance(), evict, false, false);
  }

  /** A rule that looks nothing up. */
  public RuleSettings(
      String path,
      String name,
      String schema,
      String table,
      JsonNode when,
      List<EvictSettings> evict,
      boolean skipOwnWrites,
      boolean widen) {
    this(
        path,
        name,
        schema,
        table,
        when,
        evict,
        List.of(),
        skipOwnWrites,
        widen,
        LimitSettings.DEFAULT,
        List.of());
  }

  /** Copies the lists. */
  public RuleSettings {
    evict = List.copyOf(evict);
    fanOut = List.copyOf(fanOut);
    refresh = List.copyOf(refresh);
  }

  /** The same rule, and what leaves with related rows. */
  public RuleSettings withFanOut(FanOutSettings... fanOuts) {
    return new RuleSettings(
        path,
        name,
        schema,
        table,
        when,
        evict,
        List.of(fanOuts),
        skipOwnWrites,
        widen,
        limits,
        refresh);
  }

  /** The table or tables that it is about. */
  public TablePattern tables() {
    return new TablePattern(schema, table);
  }

  /**
   * One eviction of a rule.
   *
   * @param path of the template in the file, {@code rules[0].evict[1].key}
   * @param kind what the template names
   * @param template such as <code>user:{id}</code>
   */
  public record EvictSettings(String path, Kind kind, String template) {

    /** One key. */
    public EvictSettings(String path, String key) {
      this(path, Kind.KEY, key);
    }
  }

  /** What a template names. */
  public enum Kind {
    /** A cache key. */
    KEY,
    /** A tag: every entry that carries it. */
    TAG,
    /** A version: every entry that follows it. */
    VERSION,
    /** A Redis glob: every key that it matches. */
    PATTERN;

    /** As the file spells it. */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Compiles a template of this kind. */
    public KeyTemplate.Compilation compile(String template) {
      return this == PATTERN ? KeyTemplate.compileGlob(template) : KeyTemplate.compile(template);
    }
  }
}
