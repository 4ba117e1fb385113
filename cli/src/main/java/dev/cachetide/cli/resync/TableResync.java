package dev.cachetide.cli.resync;

import dev.cachetide.invalidation.EventDecoder;
import dev.cachetide.invalidation.EventDecoder.MalformedEvent;
import dev.cachetide.invalidation.requests.RequestPublisher;
import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes everything leave that the rules name for a table, and sees that it has.
 *
 * <p>It raises the generation under the table's name, as ingest does when a table's definition has
 * changed. The row travels through the slot and Kafka behind all changes that were committed before
 * it; the workers evict for it what the table's rules name, by pattern, and tell the caches inside
 * applications. So it ends when the worker that has read the row has committed past it.
 *
 * <p>Not thread-safe. Methods throw {@link SQLException} when Postgres does not answer and {@link
 * org.apache.kafka.common.KafkaException} when Kafka does not.
 */
public final class TableResync implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(TableResync.class);
  private static final String CLIENT = "cachetide-resync";
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration CLOSE = Duration.ofSeconds(2);

  /** What stands there as the reason is the table's shape, by which ingest knows it. */
  private static final String BUMP =
      "INSERT INTO cachetide.generation AS g (pipeline, scope, generation, reason, bumped_at)"
          + " VALUES (?, ?, 1, 'resync', now()) ON CONFLICT (pipeline, scope) DO UPDATE"
          + " SET generation = g.generation + 1, bumped_at = now() RETURNING generation";

  private final PipelineSettings settings;
  private final String topic;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final RequestPublisher workers;
  private final EventDecoder decoder = new EventDecoder();

  /**
   * Opens the clients; no server is contacted yet.
   *
   * @param settings must name Postgres and Kafka, and have cachetide's own ingest as the source
   */
  public TableResync(PipelineSettings settings) {
    this.settings = settings;
    KafkaClients clients = new KafkaClients(Objects.requireNonNull(settings.kafka(), "kafka"));
    topic = settings.names().changeTopic("cachetide", "generation");
    consumer = new KafkaConsumer<>(clients.reader(CLIENT));
    workers = new RequestPublisher(settings.names(), clients, InstantSource.system());
  }

  /** Whether ingest has made the topic that the row is to travel through. */
  public boolean topicExists() {
    return consumer.listTopics().containsKey(topic);
  }

  /** Raises the table's generation, from which on it is looked for. */
  public Begun begin(TableName table) throws SQLException {
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.endOffsets(partitions).forEach(consumer::seek);
    return new Begun(table, bump(table));
  }

  private long bump(TableName table) throws SQLException {
    try (Connection connection =
        new PostgresConnector(Objects.requireNonNull(settings.postgres(), "postgres"), CLIENT)
            .connect()) {
      CachetideSchema.install(connection);
      try (PreparedStatement bump = connection.prepareStatement(BUMP)) {
        bump.setString(1, settings.names().pipeline());
        bump.setString(2, table.toString());
        try (ResultSet row = bump.executeQuery()) {
          row.next();
          return row.getLong(1);
        }
      }
    }
  }

  /**
   * Where ingest has published the row.
   *
   * @return empty when it has not within the limit
   */
  public Optional<Published> awaitPublished(Begun begun, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    do {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        if (isOf(begun, record)) {
          return Optional.of(
              new Published(
                  new TopicPartition(record.topic(), record.partition()), record.offset()));
        }
      }
    } while (System.nanoTime() - deadline < 0);
    return Optional.empty();
  }

  private boolean isOf(Begun begun, ConsumerRecord<byte[], byte[]> record) {
    try {
      ChangeEvent event = decoder.decode(record);
      if (event == null || event.after() == null) {
        return false;
      }
      Map<String, String> row = event.after().values();
      String generation = row.get("generation");
      return begun.table().toString().equals(row.get("scope"))
          && settings.names().pipeline().equals(row.get("pipeline"))
          && generation != null
          && Long.parseLong(generation) >= begun.generation();
    } catch (MalformedEvent | NumberFormatException e) {
      // Somebody else's record: the workers answer for it, and it is not the one looked for.
      log.atDebug().setCause(e).log("unreadable generation");
      return false;
    }
  }

  /**
   * Whether the workers have evicted within the limit. A row that was not handled in time is
   * handled later.
   */
  public boolean awaitEvicted(Published published, Duration limit) throws InterruptedException {
    return workers.awaitPast(Map.of(published.partition(), published.offset()), limit);
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(CLOSE));
    workers.close();
  }

  /** A generation that was raised. */
  public record Begun(TableName table, long generation) {}

  /** Where its row is. */
  public record Published(TopicPartition partition, long offset) {}
}
