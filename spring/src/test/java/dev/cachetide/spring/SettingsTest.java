package dev.cachetide.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import dev.cachetide.spring.CachetideProperties.CacheProperties;
import dev.cachetide.spring.CachetideProperties.NearProperties;
import dev.cachetide.spring.CachetideProperties.Put;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cache.concurrent.ConcurrentMapCacheManager;

/** What the properties come to; nothing here asks Redis anything. */
final class SettingsTest {

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  CachetideAutoConfiguration.class,
                  CachetideMetricsAutoConfiguration.class,
                  CachetideHealthAutoConfiguration.class));

  private final ApplicationContextRunner working =
      runner.withPropertyValues(
          "cachetide.redis.url=redis://127.0.0.1:1", "cachetide.caches.user.type=java.lang.String");

  private void fails(String[] properties, String[] problems, String[] fixes) {
    runner
        .withPropertyValues(properties)
        .run(
            context -> {
              FailureAnalysis said =
                  new SettingsFailureAnalyzer().analyze(context.getStartupFailure());
              assertThat(said.getDescription()).contains(problems);
              assertThat(said.getAction()).contains(fixes);
            });
  }

  @Test
  void every_default_is_as_documented() {
    working.run(
        context -> {
          CachetideProperties properties = context.getBean(CachetideProperties.class);
          assertThat(properties.enabled()).isTrue();
          assertThat(properties.pipeline()).isNull();
          assertThat(properties.redis().timeout()).isEqualTo(Duration.ofMillis(500));
          assertThat(properties.redis().cluster()).isEmpty();
          assertThat(properties.caches().get("user"))
              .isEqualTo(
                  new CacheProperties(
                      "java.lang.String",
                      null,
                      null,
                      Duration.ofHours(1),
                      Duration.ofMinutes(1),
                      new NearProperties(0, Duration.ofMinutes(1)),
                      Put.EVICT));
        });
  }

  @Test
  void every_property_is_described_to_editors_and_in_the_documentation() throws IOException {
    String page = Files.readString(Path.of("../docs/spring.md"));
    JsonNode metadata =
        new JsonMapper()
            .readTree(
                Path.of("target/classes/META-INF/spring-configuration-metadata.json").toFile());
    assertThat(metadata.path("properties")).hasSizeGreaterThan(5);
    for (JsonNode property : metadata.path("properties")) {
      assertThat(property.path("description").asText()).isNotBlank();
      String name = property.path("name").asText().substring("cachetide.".length());
      assertThat(page).contains(name.equals("caches") ? "`caches.<name>." : "`" + name + "`");
    }
    assertThat(page).contains(described(CacheProperties.class, "caches.<name>."));
    assertThat(page).contains(described(NearProperties.class, "caches.<name>.near."));
  }

  private static List<String> described(Class<? extends Record> properties, String prefix) {
    return Stream.of(properties.getRecordComponents())
        .filter(component -> !component.getType().isRecord())
        .map(component -> DataObjectPropertyName.toDashedForm(component.getName()))
        .map(name -> "`" + prefix + name + "`")
        .toList();
  }

  @Test
  void no_redis_is_refused_by_the_name_of_the_property() {
    fails(
        new String[] {},
        new String[] {"cachetide.redis.url: names no Redis"},
        new String[] {"Set cachetide.redis.url to redis://host:6379"});
  }

  @Test
  void everything_that_is_wrong_with_the_caches_is_said_at_once() {
    fails(
        new String[] {
          "cachetide.redis.url=redis://127.0.0.1:1",
          "cachetide.caches.a.ttl=5m",
          "cachetide.caches.b.type=com.example.Nowhere",
          "cachetide.caches.c.type=java.lang.String",
          "cachetide.caches.c.key={id}",
          "cachetide.caches.d.type=java.lang.String",
          "cachetide.caches.d.near.size=10",
          "cachetide.caches.e.codec=none",
          "cachetide.caches.f.type=java.lang.String",
          "cachetide.caches.f.ttl=-1s"
        },
        new String[] {
          "cachetide.caches.a.type: says nothing of the values",
          "cachetide.caches.b.type: \"com.example.Nowhere\" is no type",
          "cachetide.caches.c.key: \"{id}\"",
          "cachetide.caches.d.near.size: copies in the process need the pipeline",
          "cachetide.caches.e.codec: there is no bean \"none\"",
          "cachetide.caches.f: ttl must be positive"
        },
        new String[] {
          "Set cachetide.caches.a.type",
          "java.util.List<com.example.User>",
          "Set cachetide.pipeline to its name",
          "Declare it"
        });
  }

  @Test
  void an_address_that_cannot_be_read_is_not_shown() {
    fails(
        new String[] {"cachetide.redis.url=redis//user:secret@host"},
        new String[] {"cachetide.redis.url"},
        new String[] {"redis://host:6379"});
    runner
        .withPropertyValues("cachetide.redis.url=redis//user:secret@host")
        .run(
            context ->
                assertThat(context.getStartupFailure())
                    .rootCause()
                    .hasMessageNotContaining("secret"));
  }

  @Test
  void a_pipeline_that_cannot_be_one_is_refused() {
    fails(
        new String[] {"cachetide.redis.url=redis://127.0.0.1:1", "cachetide.pipeline=Not A Name"},
        new String[] {"cachetide.pipeline: \"Not A Name\""},
        new String[] {"under pipeline"});
  }

  @Test
  void it_steps_back_when_it_is_disabled_or_there_is_another_cache_manager() {
    runner
        .withPropertyValues("cachetide.enabled=false")
        .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(Cachetide.class));
    working
        .withBean(ConcurrentMapCacheManager.class)
        .run(
            context ->
                assertThat(context)
                    .hasSingleBean(ConcurrentMapCacheManager.class)
                    .doesNotHaveBean(CachetideCacheManager.class)
                    .doesNotHaveBean("cachetideMeters"));
  }

  @Test
  void beans_have_their_say_and_bring_codecs() {
    runner
        .withPropertyValues(
            "cachetide.redis.url=redis://127.0.0.1:1", "cachetide.caches.user.codec=bytes")
        .withBean("bytes", Codec.class, Codec::bytes)
        .withBean(
            CachetideCacheCustomizer.class,
            () -> (name, builder) -> builder.keyTags(key -> Set.of(name)))
        .withBean(CachetideClientCustomizer.class, () -> builder -> builder.pipeline("shop"))
        .run(
            context -> {
              CachetideCacheManager manager = context.getBean(CachetideCacheManager.class);
              assertThat(manager.getCacheNames()).containsExactly("user");
              assertThat(manager.getCache("nobody")).isNull();
              // no worker is heard: the customizer's pipeline is in force
              assertThat(manager.client().state().heard()).isFalse();
            });
  }
}
