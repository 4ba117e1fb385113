package dev.cachetide.invalidation;

import static dev.cachetide.invalidation.Pipeline.rule;
import static dev.cachetide.invalidation.Servers.within;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.InvalidationCodec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Durable requests of applications, over a real Kafka. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class RequestsIT {

  private Servers servers;

  @BeforeAll
  void startServers() throws Exception {
    servers = Servers.start();
  }

  @AfterAll
  void stopServers() {
    servers.close();
  }

  @BeforeEach
  void empty() {
    servers.redis().flushall();
  }

  @Test
  void what_an_application_asks_for_leaves_and_garbage_in_between_takes_nothing_with_it()
      throws Exception {
    try (Pipeline pipeline =
            new Pipeline(servers, "asked", Source.CACHETIDE, rule("users", "user:{id}")).started();
        Listener listener =
            new Listener(servers.sandbox.redis().uri(), pipeline.names.invalidationChannel())) {
      servers.cache("a", "cachetide:tag:red", "apple", "cachetide:version:v", "p:1", "user:1");
      servers.redis().sadd("tag:red", "apple");
      ask(pipeline, new Invalidation.Key("a"));
      pipeline.request("garbage".getBytes(UTF_8));
      pipeline.request("{\"type\":\"all\"}".getBytes(UTF_8));
      ask(pipeline, new Invalidation.Tag("red"));
      ask(pipeline, new Invalidation.Version("v"));
      ask(pipeline, new Invalidation.Pattern("p:*"));
      pipeline.awaitCached("user:1");
      assertThat(pipeline.deadLetters(2)).hasSize(2);
      within(10)
          .untilAsserted(
              () ->
                  assertThat(listener.invalidations())
                      .contains(
                          new Invalidation.Key("a"),
                          new Invalidation.Tag("red"),
                          new Invalidation.Version("v"),
                          new Invalidation.Pattern("p:*")));
      assertThat(listener.violations()).isEmpty();
      assertThat(config(pipeline.names.invalidationTopic(), "message.timestamp.type"))
          .isEqualTo("LogAppendTime");
    }
  }

  private String config(String topic, String name) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    try (Admin admin = Admin.create(servers.clients.admin("test"))) {
      return admin
          .describeConfigs(java.util.List.of(resource))
          .all()
          .get()
          .get(resource)
          .get(name)
          .value();
    }
  }

  private static void ask(Pipeline pipeline, Invalidation wanted) throws Exception {
    pipeline.request(InvalidationCodec.encode(wanted, 1));
  }
}
