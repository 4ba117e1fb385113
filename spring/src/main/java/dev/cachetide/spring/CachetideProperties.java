package dev.cachetide.spring;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties {@code cachetide.*}.
 *
 * @param enabled whether there is a cache manager of Cachetide
 * @param pipeline name of the pipeline that invalidates the entries; without one, whoever changes a
 *     row has to evict its keys
 * @param redis which Redis, and how patiently
 * @param caches the caches by the name that annotations use; one that is not here does not exist
 */
@ConfigurationProperties("cachetide")
public record CachetideProperties(
    @DefaultValue("true") boolean enabled,
    @Nullable String pipeline,
    @DefaultValue Redis redis,
    @DefaultValue Map<String, CacheProperties> caches) {

  /** Copies. */
  public CachetideProperties {
    caches = Map.copyOf(caches);
  }

  /**
   * Which Redis.
   *
   * @param url of one server, as redis:// or rediss://, or of what sentinels name, as
   *     redis-sentinel://h1,h2#name
   * @param cluster urls of some nodes of a Redis Cluster, in the place of url
   * @param timeout how long one command may take before a read falls back to the method
   * @param trustedCertificates PEM file of the authorities that may have signed a server's
   *     certificate; those that the Java runtime trusts unless set
   */
  public record Redis(
      @Nullable String url,
      @DefaultValue List<String> cluster,
      @DefaultValue("500ms") Duration timeout,
      @Nullable Path trustedCertificates) {

    /** Copies. */
    public Redis {
      cluster = List.copyOf(cluster);
    }

    /** Without the addresses: they may hold passwords. */
    @Override
    public String toString() {
      return "Redis[timeout=" + timeout + "]";
    }
  }

  /**
   * One cache.
   *
   * @param type Java type of the values, which are stored as JSON: com.example.User, or
   *     java.util.List<com.example.User>
   * @param codec name of a bean of type dev.cachetide.Codec, in the place of type
   * @param key template of the keys in Redis, as in the pipeline's rules: user:{id}. The name, a
   *     colon and the key unless set
   * @param ttl how long a value stays
   * @param nullTtl how long it is remembered that a method returned null; zero for not at all
   * @param near copies inside the process; none unless its size is set
   * @param put what a put does that no read came before, such as one of @CachePut: evict the key,
   *     or store the value whatever came in between
   */
  public record CacheProperties(
      @Nullable String type,
      @Nullable String codec,
      @Nullable String key,
      @DefaultValue("1h") Duration ttl,
      @DefaultValue("1m") Duration nullTtl,
      @DefaultValue NearProperties near,
      @DefaultValue("evict") Put put) {}

  /**
   * Copies inside the process.
   *
   * @param size how many; 0 for none
   * @param ttl how long one stays at most
   */
  public record NearProperties(@DefaultValue("0") long size, @DefaultValue("1m") Duration ttl) {}

  /** What a put does that no read came before. */
  public enum Put {
    /** The next reader loads. */
    EVICT,

    /** The caller's word is taken that the value is current. For what is computed, not for rows. */
    STORE
  }
}
