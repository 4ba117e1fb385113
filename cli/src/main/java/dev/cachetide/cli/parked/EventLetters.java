package dev.cachetide.cli.parked;

import dev.cachetide.cli.parked.EventMarks.Mark;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.writebehind.ParkedWrite.State;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The records of the dead-letter topic among what was set aside.
 *
 * <p>Replaying publishes the record once more where it came from: same key, value and headers, same
 * partition. That is safe however late it comes and however often: the worker only evicts for it,
 * and what a rule puts is ordered by positions that the record carries. The topic cannot be marked,
 * so {@link EventMarks} remembers; a crash between the two publishes again.
 */
final class EventLetters implements AutoCloseable {

  private static final Duration DELIVERY = Duration.ofSeconds(20);
  private static final Duration CLOSE = Duration.ofSeconds(5);
  private static final int LARGEST = 16 * 1024 * 1024;

  private final PipelineSettings settings;
  private final KafkaClients clients;
  private final EventTopic topic;
  private final EventMarks marks;
  private @Nullable KafkaProducer<byte[], byte[]> producer;

  EventLetters(PipelineSettings settings) {
    this.settings = settings;
    clients = new KafkaClients(Objects.requireNonNull(settings.kafka(), "kafka"));
    topic = new EventTopic(clients);
    marks =
        new EventMarks(
            new PostgresConnector(
                Objects.requireNonNull(settings.postgres(), "postgres"), "cachetide-dead-letters"));
  }

  List<Letter> list(LetterFilter filter, int limit) throws SQLException, InterruptedException {
    List<Letter> letters = new ArrayList<>();
    Optional<EventTopic.Shape> shape = topic.shape(name());
    if (shape.isPresent() && filter.sqlState() == null) {
      Map<LetterId.Event, Mark> done = marks.all(name(), shape.get().id());
      for (int partition = 0; partition < shape.get().partitions(); partition++) {
        letters.addAll(
            topic.newest(
                new TopicPartition(name(), partition),
                filter.since(),
                record -> letter(record, Optional.ofNullable(done.get(id(record))), false),
                wanted(filter),
                limit));
      }
    }
    return letters;
  }

  /** Those that the topic still holds and nobody has dealt with. */
  long parked() throws SQLException, InterruptedException {
    Optional<EventTopic.Shape> shape = topic.shape(name());
    if (shape.isEmpty()) {
      return 0;
    }
    EventTopic.Held held = topic.held(name(), shape.get().partitions());
    return held.records() == 0
        ? 0
        : Math.max(0, held.records() - marks.count(name(), shape.get().id(), held.firsts()));
  }

  private static Predicate<Letter> wanted(LetterFilter filter) {
    String reason = filter.reason() == null ? null : filter.reason().toLowerCase(Locale.ROOT);
    Instant since = filter.since();
    return letter ->
        (filter.state() == null || filter.state() == letter.state())
            && (filter.table() == null || filter.table().equals(letter.table()))
            && (since == null || !letter.at().isBefore(since))
            && (reason == null || letter.reason().toLowerCase(Locale.ROOT).contains(reason));
  }

  Optional<LetterDetail> read(LetterId.Event id, boolean values)
      throws SQLException, InterruptedException {
    Optional<EventTopic.Shape> shape = topic.shape(name());
    if (shape.isEmpty() || id.partition() >= shape.get().partitions()) {
      return Optional.empty();
    }
    Optional<Mark> mark = marks.of(name(), shape.get().id(), id);
    return topic
        .find(new TopicPartition(name(), id.partition()), id.offset())
        .map(record -> detail(record, mark, values));
  }

  Replayed replay(LetterId.Event id) throws SQLException, LetterException, InterruptedException {
    return resolve(id, State.REPLAYED, this::publish);
  }

  void discard(LetterId.Event id) throws SQLException, LetterException, InterruptedException {
    resolve(id, State.DISCARDED, record -> new Replayed(id, "", 0, 0));
  }

  private Replayed resolve(LetterId.Event id, State state, Act act)
      throws SQLException, LetterException, InterruptedException {
    EventTopic.Shape shape = topic.shape(name()).orElseThrow(EventLetters::absent);
    if (id.partition() >= shape.partitions()) {
      throw absent();
    }
    TopicPartition at = new TopicPartition(name(), id.partition());
    ConsumerRecord<byte[], byte[]> record =
        topic.find(at, id.offset()).orElseThrow(EventLetters::absent);
    return marks.resolving(at, shape.id(), topic.first(at), id, state, () -> act.on(record));
  }

  private static LetterException absent() {
    return new LetterException("does not exist, or the topic no longer holds it");
  }

  private Replayed publish(ConsumerRecord<byte[], byte[]> letter)
      throws LetterException, InterruptedException {
    EventHeaders headers = new EventHeaders(letter.headers());
    EventTopic.Shape source =
        topic
            .shape(headers.topic().isEmpty() ? name() : headers.topic())
            .filter(any -> !headers.topic().isEmpty())
            .orElseThrow(() -> new LetterException("the topic that it came from does not exist"));
    boolean same = headers.partition() >= 0 && headers.partition() < source.partitions();
    ProducerRecord<byte[], byte[]> again =
        new ProducerRecord<>(
            headers.topic(),
            same ? headers.partition() : null,
            letter.key(),
            headers.isValueOmitted() ? original(headers) : letter.value(),
            headers.own());
    try {
      RecordMetadata at =
          producer().send(again).get(2 * DELIVERY.toMillis(), TimeUnit.MILLISECONDS);
      return new Replayed(id(letter), at.topic(), at.partition(), at.offset());
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
    } catch (TimeoutException e) {
      throw new org.apache.kafka.common.errors.TimeoutException("no answer from Kafka", e);
    }
  }

  /** A value that was too large for the dead letter may still be where it came from. */
  private byte[] original(EventHeaders headers) throws LetterException {
    return topic
        .find(new TopicPartition(headers.topic(), headers.partition()), headers.offset())
        .map(ConsumerRecord::value)
        .orElseThrow(
            () ->
                new LetterException(
                    "its value was too large to be kept, and its topic no longer holds it: evict"
                        + " by hand, or cachetide resync its table"));
  }

  private synchronized KafkaProducer<byte[], byte[]> producer() {
    KafkaProducer<byte[], byte[]> open = producer;
    if (open == null) {
      Map<String, Object> properties =
          clients.producer("cachetide-dead-letters", Duration.ZERO, DELIVERY);
      properties.put("max.request.size", LARGEST);
      open = new KafkaProducer<>(properties);
      producer = open;
    }
    return open;
  }

  private LetterDetail detail(
      ConsumerRecord<byte[], byte[]> record, Optional<Mark> mark, boolean values) {
    return new LetterDetail(
        letter(record, mark, values),
        new EventHeaders(record.headers()).facts(),
        Contents.fields(record.value(), values),
        values ? Contents.body(record.value()) : null);
  }

  private Letter letter(
      ConsumerRecord<byte[], byte[]> record, Optional<Mark> mark, boolean values) {
    EventHeaders headers = new EventHeaders(record.headers());
    boolean request = headers.topic().equals(settings.names().invalidationTopic());
    return new Letter(
        id(record),
        Instant.ofEpochMilli(record.timestamp()),
        request ? Letter.Sort.REQUEST : Letter.Sort.EVENT,
        headers.topic(),
        headers.partition(),
        headers.offset(),
        request ? null : table(headers.topic()),
        values ? headers.wholeReason() : headers.shownReason(),
        null,
        mark.map(Mark::state).orElse(State.PARKED),
        mark.map(Mark::at).orElse(null));
  }

  private @Nullable String table(String source) {
    String prefix = settings.invalidation().topicPrefix() + ".";
    return source.startsWith(prefix) && source.indexOf('.', prefix.length()) > 0
        ? source.substring(prefix.length())
        : null;
  }

  private static LetterId.Event id(ConsumerRecord<byte[], byte[]> record) {
    return new LetterId.Event(record.partition(), record.offset());
  }

  private String name() {
    return settings.names().deadLetterTopic();
  }

  @Override
  public synchronized void close() {
    topic.close();
    if (producer != null) {
      producer.close(CLOSE);
    }
  }

  /** What is done about a record. */
  private interface Act {
    Replayed on(ConsumerRecord<byte[], byte[]> record) throws LetterException, InterruptedException;
  }
}
