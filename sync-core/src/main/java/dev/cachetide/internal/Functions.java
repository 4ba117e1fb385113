package dev.cachetide.internal;

import dev.cachetide.Codec;
import dev.cachetide.Loader;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What an application says of its values.
 *
 * @param keyOf the cache key of a key
 * @param keyTags tags that the key alone tells
 * @param valueTags tags that only the value tells
 * @param loader bound to the cache; null for none
 * @param aliases the other names that its values are found by
 */
public record Functions<K, V>(
    Codec<V> codec,
    Function<K, String> keyOf,
    Function<K, Set<String>> keyTags,
    Function<V, Set<String>> valueTags,
    @Nullable Loader<K, V> loader,
    Aliases<K, V> aliases) {

  /** For a cache that has no aliases yet. */
  public Functions(
      Codec<V> codec,
      Function<K, String> keyOf,
      Function<K, Set<String>> keyTags,
      Function<V, Set<String>> valueTags,
      @Nullable Loader<K, V> loader) {
    this(codec, keyOf, keyTags, valueTags, loader, new Aliases<>());
  }

  /** A prefix and the key's text, as the template {@code prefix{column}} of a rule writes it. */
  public static <K> Function<K, String> prefixed(String prefix) {
    return key -> prefix + String.valueOf(key).replace("%", "%25");
  }
}
