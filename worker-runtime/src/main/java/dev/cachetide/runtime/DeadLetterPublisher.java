package dev.cachetide.runtime;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Parks records in the dead-letter topic: the only place of the loop that produces. Topic and
 * producer are made when the first record is parked, for most loops never park one.
 *
 * <p>A record whose value does not fit is parked without it: its topic, partition and offset still
 * tell where to find it, and no partition may stand still for good behind one record.
 */
final class DeadLetterPublisher implements DeadLetters {

  private static final Logger log = LoggerFactory.getLogger(DeadLetterPublisher.class);
  private static final Duration DELIVERY_TIMEOUT = Duration.ofSeconds(20);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final String topic;
  private final KafkaClients clients;
  private final String clientId;
  private final DeadLetterHeaders headers;
  private final ClientMeters meters;
  private @Nullable Producer<byte[], byte[]> producer;

  DeadLetterPublisher(
      String topic,
      KafkaClients clients,
      String clientId,
      DeadLetterHeaders headers,
      ClientMeters meters) {
    this.topic = topic;
    this.clients = clients;
    this.clientId = clientId;
    this.headers = headers;
    this.meters = meters;
  }

  @Override
  public Outcome publish(List<DeadLetter> parked) {
    try {
      Producer<byte[], byte[]> open = producer == null ? open() : producer;
      producer = open;
      send(open, parked);
      log(parked);
      return Outcome.applied();
    } catch (ExecutionException e) {
      return outcome(e.getCause() instanceof Exception cause ? cause : e);
    } catch (KafkaException e) {
      return outcome(e);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  private Producer<byte[], byte[]> open() throws ExecutionException, InterruptedException {
    createTopic();
    Map<String, Object> properties =
        clients.producer(clientId + "-dead-letters", Duration.ZERO, DELIVERY_TIMEOUT);
    properties.put("max.request.size", PipelineTopics.LARGEST_DEAD_LETTER);
    Producer<byte[], byte[]> opened = new KafkaProducer<>(properties);
    meters.of(opened);
    return opened;
  }

  private void createTopic() throws ExecutionException, InterruptedException {
    try (Admin admin = Admin.create(clients.admin(clientId + "-dead-letters"))) {
      admin.createTopics(List.of(PipelineTopics.deadLetters(topic))).all().get();
      log.atInfo().addKeyValue("topic", topic).log("created the dead-letter topic");
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw e;
      }
    }
  }

  private void send(Producer<byte[], byte[]> open, List<DeadLetter> parked)
      throws ExecutionException, InterruptedException {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (DeadLetter letter : parked) {
      sent.add(open.send(whole(letter)));
    }
    for (int i = 0; i < parked.size(); i++) {
      try {
        sent.get(i).get();
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof RecordTooLargeException)) {
          throw e;
        }
        open.send(withoutValue(parked.get(i))).get();
      }
    }
  }

  private ProducerRecord<byte[], byte[]> whole(DeadLetter letter) {
    return new ProducerRecord<>(
        topic, null, letter.record().key(), letter.record().value(), headers.of(letter));
  }

  private ProducerRecord<byte[], byte[]> withoutValue(DeadLetter letter) {
    Headers marked = headers.of(letter);
    marked.add(DeadLetterHeaders.VALUE_OMITTED, "too large".getBytes(StandardCharsets.UTF_8));
    return new ProducerRecord<>(topic, null, letter.record().key(), null, marked);
  }

  private void log(List<DeadLetter> parked) {
    for (DeadLetter letter : parked) {
      log.atWarn()
          .addKeyValue("topic", letter.record().topic())
          .addKeyValue("partition", letter.record().partition())
          .addKeyValue("offset", letter.record().offset())
          .addKeyValue("stage", letter.stage())
          .addKeyValue("cause", letter.cause().getClass().getName())
          .log("parked");
    }
  }

  /** Only missing permission is for good; whatever else fails may work once Kafka is back. */
  private Outcome outcome(Exception cause) {
    return cause instanceof AuthorizationException || cause instanceof AuthenticationException
        ? new Outcome.Fatal("park records: allow writing to and creating " + topic, cause)
        : new Outcome.Transient("park records in the dead-letter topic", cause);
  }

  @Override
  public void close() {
    if (producer != null) {
      producer.close(CLOSE_TIMEOUT);
    }
  }
}
