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
 */
public record Functions<K, V>(
    Codec<V> codec,
    Function<K, String> keyOf,
    Function<K, Set<String>> keyTags,
    Function<V, Set<String>> valueTags,
    @Nullable Loader<K, V> loader) {}
