package dev.cachetide.invalidation.rules;

import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.invalidation.refresh.DerivedQuery;
import dev.cachetide.invalidation.refresh.Life;
import dev.cachetide.invalidation.refresh.Position;
import dev.cachetide.invalidation.refresh.Refresh;
import dev.cachetide.invalidation.refresh.Refreshes;
import dev.cachetide.invalidation.refresh.RowLookup;
import dev.cachetide.invalidation.refresh.UnrenderableException;
import dev.cachetide.invalidation.refresh.ValueShape;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.key.Reference.Image;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.settings.RefreshSettings.Mode;
import dev.cachetide.wire.TableName;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Refreshes applied to a change event: what is put under which key, and what leaves because it
 * cannot be put.
 *
 * <p>A key of the row as it was which is not one of the row as it is leaves. A row whose event does
 * not tell all that its value holds (a TOAST value that was not repeated, a column that is gone),
 * or tells what has no form in the cache, is evicted and never cached; so is one whose position in
 * the WAL is not told, and one that the write-behind worker wrote, whose dirty entry has to leave
 * where an image would spare it.
 */
public final class RefreshPlanner {

  private static final String LACKING = "a row image lacks a column of a refresh";

  private final Function<TableName, Optional<TableInfo>> tables;
  private final Life life;

  /**
   * @param tables as the catalogue describes them; empty as long as it was not read
   */
  public RefreshPlanner(Function<TableName, Optional<TableInfo>> tables, Life life) {
    this.tables = tables;
    this.life = life;
  }

  /**
   * Adds to a plan what an event calls for.
   *
   * @param rules of the event's table
   * @param identity what the WAL tells of the table's old rows; null when it is not known
   * @return why an operator should see the event; null when there is nothing to see
   */
  public @Nullable String plan(
      ChangeEvent event, List<Rule> rules, @Nullable ReplicaColumns identity, Plan plan) {
    ChangedRow row = new ChangedRow(event, identity);
    String trouble = null;
    for (Rule rule : rules) {
      if (!rule.refresh().isEmpty() && RulePlanner.refreshes(rule, row)) {
        for (Refresh refresh : rule.refresh()) {
          String found = plan(rule, refresh, row, plan);
          trouble = trouble == null ? found : trouble;
        }
      }
    }
    return trouble;
  }

  private @Nullable String plan(Rule rule, Refresh refresh, ChangedRow row, Plan plan) {
    if (row.event().operation() == Operation.TRUNCATE) {
      plan.evictAllOf(refresh);
      return null;
    }
    TableInfo table = tables.apply(refresh.table()).orElse(null);
    Columns old = columns(row, Image.OLD, refresh.key().columns());
    Columns now = columns(row, Image.NEW, refresh.key().columns());
    if (table == null || !old.told() || !now.told()) {
      Plan everything = new Plan();
      everything.evictAllOf(refresh);
      plan.widen(everything);
      return old.lacking() || now.lacking() ? LACKING : null;
    }
    return new Change(refresh, row, table, plan, spared(rule, refresh, row)).plan(old, now);
  }

  /** A plain key holds nothing to spare. Own writes are never passed over here. */
  private static Spared spared(Rule rule, Refresh refresh, ChangedRow row) {
    return refresh.mode() == Mode.PLAIN || !rule.when().equals(Condition.ALWAYS)
        ? Spared.NONE
        : row.event().spared();
  }

  /** Some columns of one image. */
  private static Columns columns(ChangedRow row, Image image, List<String> names) {
    if (!row.exists(image)) {
      return new Columns(false, true, false, Map.of());
    }
    Map<String, @Nullable String> values = new HashMap<>();
    boolean told = true;
    boolean lacking = false;
    for (String name : names) {
      ChangedRow.Told value = row.value(image, name);
      told &= value.known();
      lacking |= value.lacking();
      values.put(name, value.text());
    }
    return new Columns(true, told, lacking, values);
  }

  /**
   * What an event tells of some columns.
   *
   * @param there whether there is such an image
   * @param told whether all of them are told
   * @param lacking whether one is not in an image that should have it
   */
  private record Columns(
      boolean there, boolean told, boolean lacking, Map<String, @Nullable String> values) {}

  /** One event for one refresh. */
  private final class Change {
    private final Refresh refresh;
    private final ChangedRow row;
    private final TableInfo table;
    private final Plan plan;
    private final Spared spared;
    private final @Nullable Position position;

    Change(Refresh refresh, ChangedRow row, TableInfo table, Plan plan, Spared spared) {
      this.refresh = refresh;
      this.row = row;
      this.table = table;
      this.plan = plan;
      this.spared = spared;
      ChangeEvent.Origin origin = row.event().origin();
      position = origin.lsn() == 0 ? null : new Position(origin.lsn(), origin.sequence());
    }

    @Nullable String plan(Columns old, Columns now) {
      String before = old.there() ? refresh.render(old.values()) : null;
      String after = now.there() ? refresh.render(now.values()) : null;
      DerivedQuery query = refresh.query();
      if (query != null) {
        if (before != null) {
          load(before, Image.OLD, query.columns());
        }
        if (after != null) {
          load(after, Image.NEW, query.columns());
        }
        return null;
      }
      if (before != null && !before.equals(after)) {
        remove(before);
      }
      return after == null ? null : put(after);
    }

    private @Nullable String put(String key) {
      if (refresh.mode() == Mode.PLAIN) {
        remove(key);
        return null;
      }
      if (refresh.loads()) {
        load(key, Image.NEW, RowLookup.columns(refresh, table));
        return null;
      }
      ValueShape shape = ValueShape.of(refresh.settings(), table);
      Columns needed = columns(row, Image.NEW, shape.needed(refresh.settings()));
      if (!needed.told()) {
        remove(key);
        return needed.lacking() ? LACKING : null;
      }
      return value(key, shape, needed.values());
    }

    private @Nullable String value(
        String key, ValueShape shape, Map<String, @Nullable String> values) {
      long xid = row.event().origin().wideXid();
      try {
        Refreshes.Item item = Refreshes.item(refresh, shape, values, life, position, xid, spared);
        if (item == null || (row.event().echo() && refresh.mode() == Mode.FENCED)) {
          remove(key);
        } else {
          add(key, item);
        }
        return null;
      } catch (UnrenderableException e) {
        remove(key);
        return e.getMessage();
      }
    }

    private void add(String key, Refreshes.Item item) {
      if (!plan.refreshes().put(key, item)) {
        plan.evict(key, Spared.NONE);
      }
    }

    private void load(String key, Image image, List<String> names) {
      Columns found = columns(row, image, names);
      if (found.told()) {
        add(key, new Refreshes.Load(refresh, found.values(), spared));
      } else {
        plan.evict(key, spared);
      }
    }

    /** A mirrored row keeps the position at which it went. */
    private void remove(String key) {
      Duration again = refresh.settings().again();
      if (refresh.mode() == Mode.MIRROR && position != null) {
        add(
            key,
            new Refreshes.Mirrored(refresh, position, null, life.ofDeletion(refresh.settings())));
        return;
      }
      plan.evict(key, spared);
      if (again != null) {
        plan.refreshes().evictAgain(key, again);
      }
    }
  }
}
