package dev.cachetide.invalidation.refresh;

import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.runtime.settings.RefreshSettings.Mode;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is to be put where, each key once: of several changes of one key the one with the greatest
 * position counts. Mutable, not thread-safe: a batch's events add to it, which is the coalescing.
 */
public final class Refreshes {

  private final Map<String, Item> items = new LinkedHashMap<>();
  private final Map<String, Duration> again = new LinkedHashMap<>();
  private final Set<Refresh> widened = new LinkedHashSet<>();

  /** Something to do with one key. */
  public sealed interface Item {
    /** Which refresh names the key. */
    Refresh refresh();

    /** Of the change; null where the newest is loaded in any case. */
    @Nullable Position position();

    /** Dirty entries that are left where they are. */
    Spared spared();

    /** The same, leaving some. */
    Item sparing(Spared some);
  }

  /**
   * A fenced entry to replace by an event's image.
   *
   * @param xid 64 bits; 0 when not known
   * @param spared dirty entries that it leaves; the others leave
   */
  public record Image(
      Refresh refresh,
      Position position,
      long xid,
      int schema,
      Value value,
      Duration life,
      Spared spared)
      implements Item {
    @Override
    public Item sparing(Spared some) {
      return new Image(refresh, position, xid, schema, value, life, some);
    }
  }

  /**
   * A mirrored row to put or, without a value, to take away.
   *
   * @param life of the value, or of values of this refresh
   */
  public record Mirrored(Refresh refresh, Position position, @Nullable Value value, Duration life)
      implements Item {
    /** The worker is the only one who writes there. */
    @Override
    public Spared spared() {
      return Spared.NONE;
    }

    @Override
    public Item sparing(Spared some) {
      return this;
    }
  }

  /**
   * A fenced entry to load.
   *
   * @param row the columns by which it is found
   * @param spared dirty entries that are left, and then nothing is loaded
   */
  public record Load(Refresh refresh, Map<String, @Nullable String> row, Spared spared)
      implements Item {
    @Override
    public @Nullable Position position() {
      return null;
    }

    @Override
    public Item sparing(Spared some) {
      return new Load(refresh, row, some);
    }
  }

  /**
   * Adds something.
   *
   * @return false when two refreshes name the same key, which neither may put then
   */
  public boolean put(String key, Item item) {
    Item before = items.get(key);
    if (before != null && !before.refresh().equals(item.refresh())) {
      items.remove(key);
      return false;
    }
    Position later = item.position();
    Position earlier = before == null ? null : before.position();
    boolean newer = earlier == null || later == null || later.compareTo(earlier) > 0;
    Item kept = before == null || newer ? item : before;
    items.put(key, before == null ? kept : kept.sparing(item.spared().and(before.spared())));
    return true;
  }

  /**
   * A row's value, to be put.
   *
   * @param row text by column; must hold the columns of the shape
   * @param xid 64 bits; 0 when not known
   * @param spared dirty entries that an image leaves
   * @return null when it is not to be cached: its time is over, or its position is not known
   * @throws UnrenderableException when it has no form in the cache
   */
  public static @Nullable Item item(
      Refresh refresh,
      ValueShape shape,
      Map<String, @Nullable String> row,
      Life life,
      @Nullable Position position,
      long xid,
      Spared spared)
      throws UnrenderableException {
    Value value = shape.render(row);
    Duration lives = life.of(refresh.settings(), row);
    if (lives == null || position == null) {
      return null;
    }
    return refresh.mode() == Mode.MIRROR
        ? new Mirrored(refresh, position, value, lives)
        : new Image(refresh, position, xid, shape.schema(), value, lives, spared);
  }

  /** A plain key to evict once more. */
  public void evictAgain(String key, Duration after) {
    again.put(key, after);
  }

  /**
   * All that a refresh could have put leaves: what was to be put before leaves too. Of a mirrored
   * row its position stays, so that it cannot come back.
   */
  public void widen(Refresh refresh) {
    widened.add(refresh);
    items.replaceAll(
        (key, item) ->
            item instanceof Mirrored row && row.refresh().equals(refresh)
                ? new Mirrored(refresh, row.position(), null, row.life())
                : item);
    items.values().removeIf(item -> item.refresh().equals(refresh) && !(item instanceof Mirrored));
  }

  /** The same for all that leaves in another plan. */
  public void widen(Refreshes everything) {
    everything.widened.forEach(this::widen);
  }

  /** By key, in the order in which they were named. */
  public Map<String, Item> items() {
    return Collections.unmodifiableMap(items);
  }

  /** Plain keys to evict once more, with the delay. */
  public Map<String, Duration> again() {
    return Collections.unmodifiableMap(again);
  }

  /** What is put is not put after all: its keys are evicted. */
  public void drop(Collection<String> keys) {
    items.keySet().removeAll(keys);
  }
}
