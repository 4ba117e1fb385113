package dev.cachetide.invalidation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.settings.Defaults;
import dev.cachetide.runtime.settings.InvalidationSettings;
import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.RedisSettings;
import dev.cachetide.runtime.settings.ReloadSettings;
import dev.cachetide.runtime.settings.RuleOrigins;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.wire.PipelineNames;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** One pipeline on the servers, with a worker of its own in this JVM. */
final class Pipeline implements AutoCloseable {

  final PipelineNames names;
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Servers servers;
  private final UnaryOperator<RuleChange.Flush> flushes;
  private final Source source;
  private PipelineSettings settings;
  InvalidationWorker worker;

  Pipeline(Servers servers, String name, Source source, RuleSettings... rules) throws Exception {
    this(servers, name, source, UnaryOperator.identity(), rules);
  }

  /**
   * @param flushes what becomes of the eviction that a change of rules calls for
   */
  Pipeline(
      Servers servers,
      String name,
      Source source,
      UnaryOperator<RuleChange.Flush> flushes,
      RuleSettings... rules)
      throws Exception {
    this.servers = servers;
    this.source = source;
    this.flushes = flushes;
    names = new PipelineNames(name);
    settings = settings(source, List.of(rules));
    for (RuleSettings rule : rules) {
      if (!rule.tables().isGlob()) {
        servers.createTopic(names.changeTopic(rule.schema(), rule.table()));
      }
    }
    servers.createTopic(generationTopic());
    worker = new InvalidationWorker(settings, registry, flushes);
  }

  static RuleSettings rule(String table, String... templates) {
    List<RuleSettings.EvictSettings> evict = new ArrayList<>();
    for (String template : templates) {
      evict.add(new RuleSettings.EvictSettings("rules[0].evict[" + evict.size() + "]", template));
    }
    return new RuleSettings("rules[0]", table, "public", table, evict);
  }

  static RuleSettings rule(String table, RuleSettings.EvictSettings... evict) {
    return new RuleSettings("rules[0]", table, "public", table, List.of(evict));
  }

  static RuleSettings.EvictSettings item(RuleSettings.Kind kind, String template) {
    return new RuleSettings.EvictSettings("rules[0].evict[0]", kind, template);
  }

  private PipelineSettings settings(Source source, List<RuleSettings> rules) {
    return new PipelineSettings(
        names,
        new PostgresSettings(
            "jdbc:postgresql://127.0.0.1:" + servers.postgresProxy.port() + "/postgres",
            "postgres",
            "postgres",
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            Map.of()),
        servers.kafka,
        new RedisSettings("redis://127.0.0.1:" + servers.redisProxy.port(), Duration.ofSeconds(1)),
        Defaults.INGEST,
        new InvalidationSettings(
            source,
            names.pipeline(),
            1_000,
            Duration.ofMinutes(5),
            Duration.ofMillis(500),
            Duration.ofSeconds(5),
            // nobody beats here but where a test does
            Duration.ofMinutes(10)),
        Defaults.WRITE_BEHIND,
        Defaults.HTTP,
        rules,
        List.of(),
        new ReloadSettings(true, Duration.ofMillis(200)),
        RuleOrigins.IN_ONE_FILE);
  }

  String generationTopic() {
    return names.changeTopic("cachetide", "generation");
  }

  /** Starts the worker and waits until it is ready and has certified this start of Redis. */
  Pipeline started() {
    worker.start();
    awaitReady();
    return this;
  }

  void awaitReady() {
    Servers.within(20).until(() -> worker.readiness().ready());
    Servers.within(20)
        .until(
            () ->
                servers.count(
                        "SELECT count(*) FROM cachetide.redis_identity WHERE pipeline = '"
                            + names.pipeline()
                            + "'")
                    == 1);
  }

  void restartWorker() {
    worker.close();
    worker = new InvalidationWorker(settings, registry, flushes);
    worker.start();
  }

  /** The next worker goes by other rules. */
  void restartWorker(RuleSettings... rules) {
    settings = settings(source, List.of(rules));
    restartWorker();
  }

  List<Problem> reload(RuleSettings... rules) throws SQLException {
    settings = settings(source, List.of(rules));
    return worker.reload(settings);
  }

  int generation() throws SQLException {
    return servers.count(
        "SELECT coalesce(max(generation), 0) FROM cachetide.generation WHERE pipeline = '"
            + names.pipeline()
            + "'");
  }

  /** Sends without waiting for the answer. */
  void emit(String table, String json) {
    emit("public", table, json);
  }

  void emit(String schema, String table, String json) {
    var unused = servers.producer.send(record(names.changeTopic(schema, table), json));
  }

  /** Asks as an application does, once the topic is there. */
  void request(byte[] request) throws Exception {
    var unused =
        servers.producer.send(new ProducerRecord<>(names.invalidationTopic(), request)).get();
  }

  void emitGeneration() throws Exception {
    servers.producer.send(record(generationTopic(), "{\"op\":\"u\"}")).get();
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, String json) {
    return new ProducerRecord<>(topic, "{}".getBytes(UTF_8), json.getBytes(UTF_8));
  }

  /** Dead letters so far, waiting for as many. */
  List<ConsumerRecord<byte[], byte[]>> deadLetters(int expected) {
    List<ConsumerRecord<byte[], byte[]>> letters = new ArrayList<>();
    Map<String, Object> properties =
        servers.clients.consumer(
            new KafkaClients.Group("reader", "reader", 500, Duration.ofMinutes(5)));
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties)) {
      Servers.within(20).until(() -> consumer.listTopics().containsKey(names.deadLetterTopic()));
      List<TopicPartition> partitions =
          consumer.partitionsFor(names.deadLetterTopic()).stream()
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Servers.within(20)
          .until(
              () -> {
                consumer.poll(Duration.ofMillis(100)).forEach(letters::add);
                return letters.size() >= expected;
              });
    }
    return letters;
  }

  static String header(ConsumerRecord<byte[], byte[]> letter, String name) {
    return new String(letter.headers().lastHeader("__connect.errors." + name).value(), UTF_8);
  }

  void awaitCached(String... keys) {
    Servers.within(20).until(() -> servers.cached().equals(Set.of(keys)));
  }

  @Override
  public void close() {
    worker.close();
  }
}
