package dev.cachetide.invalidation.rules;

import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.invalidation.refresh.Refresh;
import dev.cachetide.invalidation.refresh.Refreshes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What has to leave the cache, each thing once. Mutable, not thread-safe: a batch's events add to
 * one plan, which is the coalescing.
 */
public final class Plan {

  /** More globs of one template in one batch become one. */
  static final int MOST_ALIKE = 10;

  private final Spared spared;
  private final Map<String, Spared> keys = new LinkedHashMap<>();
  private final Set<String> tags = new LinkedHashSet<>();
  private final Set<String> versions = new LinkedHashSet<>();
  private final Map<String, Set<String>> byWidest = new LinkedHashMap<>();
  private final Set<String> patterns = new LinkedHashSet<>();
  private final Set<String> tagPatterns = new LinkedHashSet<>();
  private final Set<String> versionPatterns = new LinkedHashSet<>();
  private final Map<Lookup, List<ChangedRow>> lookups = new LinkedHashMap<>();
  private final Set<String> leasePatterns = new LinkedHashSet<>();
  private final Refreshes refreshes = new Refreshes();
  private int widened;

  /** Nothing is spared, unless it is said of a key. */
  public Plan() {
    this(Spared.NONE);
  }

  /** The keys that are named spare some dirty entries. */
  public Plan(Spared spared) {
    this.spared = spared;
  }

  /** What an event wants. */
  public void add(Want want) {
    if (want.target() != null) {
      want.eviction().plan(want.target(), this);
    } else {
      want.eviction().everything(this);
      widened += want.reason() == Want.Reason.TRUNCATED ? 0 : 1;
    }
  }

  /** One key. */
  public void evict(String key) {
    evict(key, spared);
  }

  /** One key; whoever names it again spares no more than both do. */
  public void evict(String key, Spared some) {
    keys.merge(key, some, Spared::and);
  }

  /** Every entry that carries a tag. */
  public void evictTag(String tag) {
    tags.add(tag);
  }

  /** Every entry that follows a version. */
  public void evictVersion(String version) {
    versions.add(version);
  }

  /** Every key that a Redis glob matches. */
  public void evictMatching(String pattern) {
    patterns.add(pattern);
  }

  /**
   * Every key that a Redis glob matches, unless there are too many of its kind: each costs a look
   * at every key in Redis, so a few are worth it and the widest one takes the place of many.
   *
   * @param widest a glob that covers this one and its likes
   */
  public void evictMatching(String pattern, String widest) {
    Set<String> alike = byWidest.computeIfAbsent(widest, any -> new LinkedHashSet<>());
    if (alike.contains(widest)) {
      return;
    }
    alike.add(pattern);
    if (alike.size() > MOST_ALIKE) {
      alike.clear();
      alike.add(widest);
      widened++;
    }
  }

  /** Every tag whose name a Redis glob matches. */
  public void evictTagsMatching(String pattern) {
    tagPatterns.add(pattern);
  }

  /** Every version whose name a Redis glob matches. */
  public void evictVersionsMatching(String pattern) {
    versionPatterns.add(pattern);
  }

  /** What a changed row is related to, which has to be looked up before the plan is whole. */
  void lookUp(Lookup lookup, ChangedRow row) {
    lookups.computeIfAbsent(lookup, any -> new ArrayList<>()).add(row);
  }

  /** All that a refresh could have put, and the right to put what was loaded before. */
  public void evictAllOf(Refresh refresh) {
    leasePatterns.addAll(refresh.leases());
    patterns.add(refresh.pattern());
    refreshes.widen(refresh);
  }

  /** Everything in another plan as well, because an event does not tell which of it. */
  public void widen(Plan everything) {
    everything.keys.forEach(this::evict);
    tags.addAll(everything.tags);
    versions.addAll(everything.versions);
    patterns.addAll(everything.patterns());
    tagPatterns.addAll(everything.tagPatterns);
    versionPatterns.addAll(everything.versionPatterns);
    leasePatterns.addAll(everything.leasePatterns);
    refreshes.widen(everything.refreshes);
    widened++;
  }

  /** The changed rows whose related rows are not looked up yet. */
  public Map<Lookup, List<ChangedRow>> lookups() {
    return Collections.unmodifiableMap(lookups);
  }

  /** Everything in another plan, which was as precise as it is. */
  public void add(Plan other) {
    other.keys.forEach(this::evict);
    tags.addAll(other.tags);
    versions.addAll(other.versions);
    other.byWidest.forEach(
        (widest, alike) -> alike.forEach(pattern -> evictMatching(pattern, widest)));
    patterns.addAll(other.patterns);
    tagPatterns.addAll(other.tagPatterns);
    versionPatterns.addAll(other.versionPatterns);
    other.lookups.forEach((lookup, rows) -> rows.forEach(row -> lookUp(lookup, row)));
    widened += other.widened;
  }

  /** How many keys, tags, versions and globs there are; what is to be looked up counts as one. */
  int names() {
    return lookups.values().stream().mapToInt(List::size).sum()
        + keys.size()
        + tags.size()
        + versions.size()
        + byWidest.values().stream().mapToInt(Set::size).sum()
        + patterns.size()
        + tagPatterns.size()
        + versionPatterns.size();
  }

  /** Whether nothing has to leave. */
  public boolean isEmpty() {
    return names() == 0;
  }

  /** Keys to evict, in the order in which they were named. */
  public Set<String> keys() {
    return Collections.unmodifiableSet(keys.keySet());
  }

  /** The keys to evict with the dirty entries that are spared there. */
  public Map<String, Spared> spared() {
    return Collections.unmodifiableMap(keys);
  }

  /** Names of tags to evict. */
  public Set<String> tags() {
    return Collections.unmodifiableSet(tags);
  }

  /** Names of versions to evict. */
  public Set<String> versions() {
    return Collections.unmodifiableSet(versions);
  }

  /** Globs to evict keys by. */
  public Set<String> patterns() {
    Set<String> all = new LinkedHashSet<>(patterns);
    byWidest.values().forEach(all::addAll);
    return all;
  }

  /** Globs to evict tags by. */
  public Set<String> tagPatterns() {
    return Collections.unmodifiableSet(tagPatterns);
  }

  /** Globs to evict versions by. */
  public Set<String> versionPatterns() {
    return Collections.unmodifiableSet(versionPatterns);
  }

  /** Globs of leases, to be removed before what {@link #patterns} match. */
  public Set<String> leasePatterns() {
    return Collections.unmodifiableSet(leasePatterns);
  }

  /** What is to be put, once everything has left. */
  public Refreshes refreshes() {
    return refreshes;
  }

  /** How many times an event could not be translated precisely. */
  public int widened() {
    return widened;
  }
}
