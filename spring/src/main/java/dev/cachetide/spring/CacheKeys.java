package dev.cachetide.spring;

import dev.cachetide.key.KeyTemplate;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.cache.interceptor.SimpleKey;

/**
 * Keys of annotations as keys in Redis, by the template that the pipeline's rule has for them. A
 * list's or an array's elements stand for the template's columns in their order; any other key is
 * the one column.
 *
 * <p>Only what has one text is a key. An object's {@code toString()} may be another in the next
 * process, and a date's is not Postgres's, so neither would ever be evicted by a rule: they are
 * refused.
 */
final class CacheKeys {

  private static final Set<Class<?>> ONE_TEXT =
      Set.of(
          String.class,
          Long.class,
          Integer.class,
          Short.class,
          Byte.class,
          BigInteger.class,
          Boolean.class,
          Character.class,
          UUID.class);

  private final String cache;
  private final KeyTemplate template;
  private final List<String> columns;

  CacheKeys(String cache, KeyTemplate template) {
    this.cache = cache;
    this.template = template;
    columns = template.columns().stream().distinct().toList();
  }

  /** A glob that matches every key of the cache. */
  String pattern() {
    return template.pattern();
  }

  /**
   * The key in Redis.
   *
   * @throws IllegalArgumentException when the template has no place for the key, or the key no text
   */
  String render(Object key) {
    List<?> parts = parts(key);
    if (parts.size() != columns.size()) {
      throw refused(
          "the key has " + parts.size() + " parts and the template " + columns.size(),
          "name the parts in the order of the template, @Cacheable(key = \"{#a, #b}\")");
    }
    Map<String, @Nullable String> row = new HashMap<>();
    for (int i = 0; i < parts.size(); i++) {
      row.put(columns.get(i), text(parts.get(i)));
    }
    return template.render(row);
  }

  private List<?> parts(Object key) {
    if (key instanceof List<?> list) {
      return list;
    }
    if (key instanceof Object[] array) {
      return Arrays.asList(array);
    }
    if (key instanceof SimpleKey) {
      if (key.equals(SimpleKey.EMPTY)) {
        return List.of();
      }
      throw refused(
          "the method has several parameters, which do not say what they are for",
          "name them in the order of the template, @Cacheable(key = \"{#a, #b}\")");
    }
    return List.of(key);
  }

  private @Nullable String text(@Nullable Object part) {
    if (part == null) {
      return null;
    }
    if (part instanceof Enum<?> constant) {
      return constant.name();
    }
    if (part instanceof BigDecimal number) {
      return number.toPlainString();
    }
    if (!ONE_TEXT.contains(part.getClass())) {
      throw refused(
          "a " + part.getClass().getName() + " has no text that is the same everywhere",
          "make a text or a number of it, @Cacheable(key = \"#order.id\")");
    }
    return part.toString();
  }

  /** Names no value: a key may be somebody's address. */
  private IllegalArgumentException refused(String what, String fix) {
    return new IllegalArgumentException(
        "cache " + cache + ", keys " + template + ": " + what + "; " + fix);
  }
}
