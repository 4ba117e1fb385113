package dev.cachetide.spring;

import dev.cachetide.Cachetide;
import dev.cachetide.RedisConfig;
import dev.cachetide.spring.SettingsException.Problem;
import java.nio.file.Path;
import java.util.List;

/** Opens the client that the properties describe. */
final class Clients {

  private Clients() {}

  /**
   * Connects in the background.
   *
   * @throws SettingsException when the properties name no Redis, or none that can be
   */
  static Cachetide open(
      CachetideProperties properties, List<CachetideClientCustomizer> customizers) {
    Cachetide.Builder builder = Cachetide.builder().redis(redis(properties.redis()));
    String pipeline = properties.pipeline();
    try {
      if (pipeline != null) {
        builder.pipeline(pipeline);
      }
    } catch (IllegalArgumentException e) {
      throw refused(
          "cachetide.pipeline",
          "\"" + pipeline + "\": " + e.getMessage(),
          "Write the name that the workers' configuration has under pipeline.");
    }
    customizers.forEach(each -> each.customize(builder));
    try {
      return builder.build();
    } catch (IllegalArgumentException e) {
      throw refused(
          "cachetide.redis.url", String.valueOf(e.getMessage()), "Write redis://host:6379.");
    }
  }

  private static RedisConfig redis(CachetideProperties.Redis redis) {
    String url = redis.url();
    if ((url == null) == redis.cluster().isEmpty()) {
      throw refused(
          "cachetide.redis.url",
          url == null ? "names no Redis" : "and cachetide.redis.cluster are both set",
          "Set cachetide.redis.url to redis://host:6379, or cachetide.redis.cluster to nodes of a"
              + " cluster; cachetide.enabled=false does without.");
    }
    try {
      RedisConfig config =
          url == null
              ? RedisConfig.cluster(redis.cluster().toArray(String[]::new))
              : RedisConfig.of(url);
      Path trusted = redis.trustedCertificates();
      RedisConfig patient = config.withTimeout(redis.timeout());
      return trusted == null ? patient : patient.withTrustedCertificates(trusted);
    } catch (IllegalArgumentException e) {
      throw refused("cachetide.redis", String.valueOf(e.getMessage()), "Change that value.");
    }
  }

  private static SettingsException refused(String property, String message, String fix) {
    return new SettingsException(List.of(new Problem(property, message, fix)));
  }
}
