package dev.cachetide.writebehind;

import dev.cachetide.WritePublisher;
import dev.cachetide.runtime.settings.Defaults;
import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.runtime.settings.WriteTableSettings;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.WriteCommand;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A pipeline of one worker and one publisher on real servers, and how far it has come. */
final class Running implements AutoCloseable {

  final PipelineNames names;
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final WriteBehindWorker worker;
  private final Sandbox sandbox;
  private final ConcurrentLinkedQueue<CompletableFuture<WritePublisher.Accepted>> accepted =
      new ConcurrentLinkedQueue<>();
  private WritePublisher publisher;

  Running(Sandbox sandbox, String pipeline, String url, String user, WriteTableSettings... tables) {
    this.sandbox = sandbox;
    names = new PipelineNames(pipeline);
    worker = new WriteBehindWorker(settings(url, user, List.of(tables)), registry);
    publisher = publisher();
  }

  private PipelineSettings settings(String url, String user, List<WriteTableSettings> tables) {
    return new PipelineSettings(
        names,
        new PostgresSettings(
            url, user, null, Duration.ofSeconds(3), Duration.ofSeconds(6), Map.of()),
        new KafkaSettings(
            Map.of(
                "bootstrap.servers",
                sandbox.kafka().bootstrapServers(),
                "metadata.max.age.ms",
                "1000"),
            Map.of(),
            Map.of()),
        null,
        Defaults.INGEST,
        Defaults.invalidation(names),
        Defaults.WRITE_BEHIND,
        Defaults.HTTP,
        List.of(),
        tables);
  }

  private WritePublisher publisher() {
    return new WritePublisher(
        names, Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()));
  }

  /** As an application that was started anew, and knows the topic as it is now. */
  void renewPublisher() {
    publisher.close();
    publisher = publisher();
  }

  void publish(WriteCommand command) {
    accepted.add(publisher.publish(command));
  }

  /** How many commands wait in Kafka for being applied or parked; asks the group's own offsets. */
  long pending(Database db) throws Exception {
    Map<Integer, Long> applied = new HashMap<>();
    for (String row :
        db.rows(
            "SELECT partition, next_offset FROM cachetide.consumer_offset WHERE topic = '"
                + names.writeTopic()
                + "'")) {
      String[] columns = row.split("\\|", -1);
      applied.put(Integer.valueOf(columns[0]), Long.valueOf(columns[1]));
    }
    return accepted.stream()
        .map(CompletableFuture::join)
        .filter(write -> applied.getOrDefault(write.partition(), 0L) <= write.offset())
        .count();
  }

  double count(String meter) {
    return registry.get("cachetide.writebehind." + meter).counter().count();
  }

  @Override
  public void close() {
    publisher.close();
    worker.close();
  }
}
