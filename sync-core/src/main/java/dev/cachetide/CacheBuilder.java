package dev.cachetide;

import dev.cachetide.CacheConfig.Expiry;
import dev.cachetide.CacheConfig.Leases;
import dev.cachetide.CacheConfig.Limits;
import dev.cachetide.internal.Client;
import dev.cachetide.internal.Functions;
import java.time.Duration;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Builds a cache; every default stands in {@link CacheConfig}. Not safe for concurrent use. */
public final class CacheBuilder<K, V> {

  private final Client client;
  private final String name;
  private final Codec<V> codec;
  private Function<K, String> keyOf;
  private Function<K, Set<String>> keyTags = key -> Set.of();
  private Function<V, Set<String>> valueTags = value -> Set.of();
  private @Nullable Loader<K, V> loader;
  private @Nullable String version;
  private CacheConfig.@Nullable Near near;
  private Expiry expiry = Expiry.defaults();
  private Leases leases = Leases.defaults();
  private Limits limits = Limits.defaults();
  private boolean plain;

  CacheBuilder(Client client, String name, Codec<V> codec) {
    this.client = client;
    this.name = name;
    this.codec = codec;
    keyOf = Functions.prefixed(name + ":");
  }

  /**
   * What every cache key begins with; the key's text follows, {@code %} written as {@code %25}, as
   * the template {@code prefix{column}} of a rule names it. Default: the name and a colon.
   */
  public CacheBuilder<K, V> prefix(String prefix) {
    keyOf = Functions.prefixed(prefix);
    return this;
  }

  /** The cache key of a key, where a prefix is not enough; must be pure and injective. */
  public CacheBuilder<K, V> key(Function<K, String> keyOf) {
    this.keyOf = keyOf;
    return this;
  }

  /** How long values stay; default 1 h. */
  public CacheBuilder<K, V> ttl(Duration ttl) {
    return expiry(
        new Expiry(
            ttl,
            expiry.jitter(),
            expiry.negative(),
            expiry.soft(),
            expiry.beta(),
            expiry.grace(),
            expiry.dirty()));
  }

  /** Refresh-ahead: from when on a value that is read is renewed in the background. */
  public CacheBuilder<K, V> softTtl(Duration soft) {
    return expiry(
        new Expiry(
            expiry.ttl(),
            expiry.jitter(),
            expiry.negative(),
            soft,
            expiry.beta(),
            expiry.grace(),
            expiry.dirty()));
  }

  /** How long absence is remembered; zero for not at all. */
  public CacheBuilder<K, V> negativeTtl(Duration negative) {
    return expiry(
        new Expiry(
            expiry.ttl(),
            expiry.jitter(),
            negative,
            expiry.soft(),
            expiry.beta(),
            expiry.grace(),
            expiry.dirty()));
  }

  /** How long beyond its TTL a value may be served when loading fails. */
  public CacheBuilder<K, V> staleWhileError(Duration grace) {
    return expiry(
        new Expiry(
            expiry.ttl(),
            expiry.jitter(),
            expiry.negative(),
            expiry.soft(),
            expiry.beta(),
            grace,
            expiry.dirty()));
  }

  /** All of when entries end. */
  public CacheBuilder<K, V> expiry(Expiry expiry) {
    this.expiry = expiry;
    return this;
  }

  /** How loads are shared. */
  public CacheBuilder<K, V> leases(Leases leases) {
    this.leases = leases;
    return this;
  }

  /** What is stored at most, and what compressed. */
  public CacheBuilder<K, V> limits(Limits limits) {
    this.limits = limits;
    return this;
  }

  /**
   * Tags that the key alone tells, by the names that a rule's {@code tag} template writes: a value
   * in one has its {@code %} as {@code %25}.
   */
  public CacheBuilder<K, V> keyTags(Function<K, Set<String>> keyTags) {
    this.keyTags = keyTags;
    return this;
  }

  /**
   * Tags that the value tells, such as a product's category. The first load of a tag that this
   * process has not met is made twice: its stamp must have been read before.
   */
  public CacheBuilder<K, V> valueTags(Function<V, Set<String>> valueTags) {
    this.valueTags = valueTags;
    return this;
  }

  /**
   * Entries follow a version pointer: bumping it moves readers on at once. Cache keys then end in
   * {@code @pointer}, so a rule names the version, a pattern or a tag, not the key.
   */
  public CacheBuilder<K, V> version(String version) {
    this.version = version;
    return this;
  }

  /** Read-through: what {@link Cache#load} loads with. */
  public CacheBuilder<K, V> loader(Loader<K, V> loader) {
    this.loader = loader;
    return this;
  }

  /**
   * L1 in the process, kept coherent by the pipeline's workers.
   *
   * @throws IllegalStateException when the client was built without a pipeline
   */
  public CacheBuilder<K, V> near(long maximumSize, Duration ttl) {
    near = new CacheConfig.Near(maximumSize, ttl);
    return this;
  }

  /**
   * Entries are the bare bytes of the codec, for keys shared with other applications. There is no
   * fence: a reader that is slower than an eviction leaves a stale entry until its TTL.
   */
  public CacheBuilder<K, V> plain() {
    plain = true;
    return this;
  }

  /**
   * The cache.
   *
   * @throws IllegalArgumentException when the choices do not fit together
   */
  public Cache<K, V> build() {
    return client.cache(
        new CacheConfig(name, plain, version, expiry, leases, limits, near),
        new Functions<>(codec, keyOf, keyTags, valueTags, loader));
  }
}
