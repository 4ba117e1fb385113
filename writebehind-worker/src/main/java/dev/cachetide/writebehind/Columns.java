package dev.cachetide.writebehind;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Columns by name, sorted, and what an effect says of each. Unmodifiable.
 *
 * <p>A million of these are grouped by their names and read column by column. So rows that are
 * written alike may share one list of names, and a value is read by its place.
 */
final class Columns<V extends @Nullable Object> extends AbstractMap<String, V> {

  private static final Columns<?> NONE = new Columns<>(List.of(), new Object[0]);

  private final List<String> names;
  private final @Nullable Object[] values;

  /**
   * Takes both over, which nobody may change any more.
   *
   * @param names sorted
   * @param values by the same index
   */
  Columns(List<String> names, @Nullable Object[] values) {
    this.names = names;
    this.values = values;
  }

  @SuppressWarnings("unchecked") // holds nothing
  static <V extends @Nullable Object> Columns<V> none() {
    return (Columns<V>) NONE;
  }

  /** A copy, sorted. */
  static <V extends @Nullable Object> Columns<V> of(Map<String, V> columns) {
    if (columns instanceof Columns<V> same) {
      return same;
    }
    SortedMap<String, V> sorted = new TreeMap<>(columns);
    return new Columns<>(List.copyOf(sorted.keySet()), sorted.values().toArray());
  }

  /** Sorted. */
  List<String> names() {
    return names;
  }

  /** The value of the name at that index. */
  @SuppressWarnings("unchecked") // put in as such
  V at(int index) {
    return (V) values[index];
  }

  /** These and those of {@code next}, which win. */
  Columns<V> with(Columns<V> next) {
    if (next.isEmpty()) {
      return this;
    }
    if (names.equals(next.names)) {
      return next;
    }
    SortedMap<String, V> merged = new TreeMap<>(this);
    merged.putAll(next);
    return of(merged);
  }

  @Override
  public int size() {
    return values.length;
  }

  @Override
  public boolean containsKey(Object name) {
    return index(name) >= 0;
  }

  @Override
  public @Nullable V get(Object name) {
    int index = index(name);
    return index < 0 ? null : at(index);
  }

  private int index(Object name) {
    return name instanceof String text ? Collections.binarySearch(names, text) : -1;
  }

  @Override
  public Set<Entry<String, V>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public int size() {
        return values.length;
      }

      @Override
      public Iterator<Entry<String, V>> iterator() {
        return new Entries();
      }
    };
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Columns<?> columns
        ? names.equals(columns.names) && Arrays.equals(values, columns.values)
        : super.equals(other);
  }

  @Override
  public int hashCode() {
    return super.hashCode();
  }

  private final class Entries implements Iterator<Entry<String, V>> {
    private int next;

    @Override
    public boolean hasNext() {
      return next < values.length;
    }

    @Override
    public Entry<String, V> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      int index = next++;
      return new SimpleImmutableEntry<>(names.get(index), at(index));
    }
  }
}
