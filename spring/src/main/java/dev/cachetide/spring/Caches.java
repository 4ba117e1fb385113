package dev.cachetide.spring;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.type.TypeFactory;
import dev.cachetide.CacheBuilder;
import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import dev.cachetide.key.KeyTemplate;
import dev.cachetide.key.KeyTemplate.Compilation;
import dev.cachetide.spring.CachetideProperties.CacheProperties;
import dev.cachetide.spring.SettingsException.Problem;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Builds the caches that the properties describe, or tells everything that is wrong with them. */
final class Caches {

  private static final String PREFIX = "cachetide.caches.";

  private final Cachetide client;
  private final boolean pipeline;
  private final Map<String, Codec<?>> codecs;
  private final List<CachetideCacheCustomizer> customizers;
  private final ClassLoader loader;
  private final List<Problem> problems = new ArrayList<>();

  /**
   * For caches of a client.
   *
   * @param codecs the beans, by name
   */
  Caches(
      Cachetide client,
      boolean pipeline,
      Map<String, Codec<?>> codecs,
      List<CachetideCacheCustomizer> customizers,
      ClassLoader loader) {
    this.client = client;
    this.pipeline = pipeline;
    this.codecs = codecs;
    this.customizers = customizers;
    this.loader = loader;
  }

  /**
   * All of them.
   *
   * @throws SettingsException when one cannot be built
   */
  List<FencedCache> of(Map<String, CacheProperties> all) {
    List<FencedCache> caches = new ArrayList<>();
    new TreeMap<>(all)
        .forEach(
            (name, properties) -> {
              FencedCache cache = cache(name, properties);
              if (cache != null) {
                caches.add(cache);
              }
            });
    if (!problems.isEmpty()) {
      throw new SettingsException(problems);
    }
    return caches;
  }

  private @Nullable FencedCache cache(String name, CacheProperties properties) {
    String at = PREFIX + name;
    CacheKeys keys = keys(name, at, properties.key());
    Codec<Object> codec = codec(at, properties);
    boolean near = near(at, properties);
    if (keys == null || codec == null || !near) {
      return null;
    }
    try {
      CacheBuilder<Object, Object> builder = client.cache(name, codec);
      builder.key(keys::render).ttl(properties.ttl()).negativeTtl(properties.nullTtl());
      if (properties.near().size() > 0) {
        builder.near(properties.near().size(), properties.near().ttl());
      }
      customizers.forEach(each -> each.customize(name, builder));
      return new FencedCache(builder.build(), keys, properties.put(), client, pipeline);
    } catch (IllegalArgumentException e) {
      refuse(at, String.valueOf(e.getMessage()), "Change that value.");
      return null;
    }
  }

  private @Nullable CacheKeys keys(String name, String at, @Nullable String template) {
    String text =
        template == null ? name.replace("{", "{{").replace("}", "}}") + ":{key}" : template;
    if (KeyTemplate.compile(text) instanceof Compilation.Refused refused) {
      refuse(at + ".key", "\"" + text + "\": " + refused.message(), refused.fix());
      return null;
    }
    KeyTemplate compiled = ((Compilation.Compiled) KeyTemplate.compile(text)).template();
    if (compiled.multiplies()) {
      refuse(at + ".key", "\"" + text + "\" names several keys", "Name one: leave out the [].");
      return null;
    }
    return new CacheKeys(name, compiled);
  }

  private @Nullable Codec<Object> codec(String at, CacheProperties properties) {
    String type = properties.type();
    String codec = properties.codec();
    if ((type == null) == (codec == null)) {
      refuse(
          at + ".type",
          type == null ? "says nothing of the values" : "and " + at + ".codec are both set",
          "Set "
              + at
              + ".type to the values' Java type, such as com.example.User, or "
              + at
              + ".codec to the name of a bean of type dev.cachetide.Codec.");
      return null;
    }
    return codec == null ? json(at, String.valueOf(type)) : bean(at, codec);
  }

  private @Nullable Codec<Object> json(String at, String type) {
    try {
      JavaType java =
          TypeFactory.defaultInstance().withClassLoader(loader).constructFromCanonical(type);
      return Codec.json(new Named(java));
    } catch (IllegalArgumentException e) {
      refuse(
          at + ".type",
          "\"" + type + "\" is no type that can be found",
          "Write the full name of a class, or of a generic type:"
              + " java.util.List<com.example.User>.");
      return null;
    }
  }

  @SuppressWarnings("unchecked") // what the annotated methods return is the application's to match
  private @Nullable Codec<Object> bean(String at, String name) {
    Codec<?> codec = codecs.get(name);
    if (codec == null) {
      refuse(
          at + ".codec",
          "there is no bean \"" + name + "\" of type dev.cachetide.Codec",
          "Declare it, or name one of " + codecs.keySet() + ".");
    }
    return (Codec<Object>) codec;
  }

  private boolean near(String at, CacheProperties properties) {
    if (properties.near().size() > 0 && !pipeline) {
      refuse(
          at + ".near.size",
          "copies in the process need the pipeline that keeps them coherent",
          "Set cachetide.pipeline to its name, or leave " + at + ".near out.");
      return false;
    }
    return true;
  }

  private void refuse(String property, String message, String fix) {
    problems.add(new Problem(property, message, fix));
  }

  /** A type that is known at run time only. */
  private static final class Named extends TypeReference<Object> {
    private final JavaType type;

    Named(JavaType type) {
      this.type = type;
    }

    @Override
    public Type getType() {
      return type;
    }
  }
}
