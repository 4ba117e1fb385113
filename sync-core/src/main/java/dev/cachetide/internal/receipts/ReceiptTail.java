package dev.cachetide.internal.receipts;

import dev.cachetide.wire.BatchReceipt;
import dev.cachetide.wire.BatchReceiptCodec;
import dev.cachetide.wire.BatchReceiptCodec.MalformedReceiptException;
import dev.cachetide.wire.PipelineNames;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the topic of receipts from where it ended when reading began, on one thread; looks older
 * ones up on another.
 *
 * <p>A topic that is not there yet is read from its beginning once it is. If Kafka could not be
 * asked in time, writes were published before the end was known: then all of the topic is read. A
 * Kafka that goes away is waited for; the reading goes on where it was.
 *
 * <p>The write topic's id is asked for again every few seconds, and at once when an offset or a
 * receipt suggests that the topic was made anew.
 */
final class ReceiptTail implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ReceiptTail.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);
  private static final Duration TURN = Duration.ofSeconds(1);
  private static final Duration IMPATIENCE = Duration.ofMillis(20);
  private static final long ID_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final LookBack.Limits LIMITS =
      new LookBack.Limits(1_000_000, Duration.ofSeconds(60), System::nanoTime);

  private final PipelineNames names;
  private final Map<String, ?> kafka;
  private final Ledger ledger;
  private final Backlog backlog;
  private final Function<@Nullable String, Collection<Ticket>> lookups;
  private final TopicPartition receipts;
  private final AtomicBoolean started = new AtomicBoolean();
  private final CountDownLatch positioned = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<Integer, Long> lastAccepted = new ConcurrentHashMap<>();
  private final Semaphore wanted = new Semaphore(0);
  private final Thread reader;
  private final Thread past;
  private volatile @Nullable String topicId;
  private volatile boolean suspicious;
  private volatile boolean late;
  private volatile boolean exists;
  private volatile boolean failing;
  private @Nullable String known;
  private long next = -1;
  private long askedAt = System.nanoTime() - ID_NANOS;

  ReceiptTail(
      PipelineNames names,
      Map<String, ?> kafka,
      Ledger ledger,
      Backlog backlog,
      Function<@Nullable String, Collection<Ticket>> lookups) {
    this.names = names;
    this.kafka = kafka;
    this.ledger = ledger;
    this.backlog = backlog;
    this.lookups = lookups;
    receipts = new TopicPartition(names.receiptTopic(), 0);
    reader = daemon(this::read, "receipts");
    past = daemon(this::lookBack, "past-receipts");
  }

  private Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, "cachetide-" + names.pipeline() + "-" + name);
    thread.setDaemon(true);
    return thread;
  }

  /** Starts unless started; whether the place to read from was known within the limit. */
  boolean start(Duration limit) {
    if (closed.getCount() > 0 && started.compareAndSet(false, true)) {
      reader.start();
      past.start();
    }
    if (positioned.getCount() == 0) {
      return true;
    }
    try {
      if (!late && positioned.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        return true;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!limit.isZero()) {
      late = true;
    }
    return false;
  }

  /** The write topic's; null as long as it is not known. */
  @Nullable String topicId() {
    return topicId;
  }

  /** The same, waiting for it. */
  @Nullable String topicId(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (topicId == null && System.nanoTime() - deadline < 0 && !pausedToTheEnd(IMPATIENCE)) {
      suspicious = true;
    }
    return topicId;
  }

  /**
   * Notes where Kafka put a write, and returns the topic's id. One producer hears of a partition's
   * writes in their order: an offset that is not higher than the one before is another topic's.
   */
  @Nullable String accepted(int partition, long offset) {
    Long before = lastAccepted.put(partition, offset);
    if (before != null && before >= offset) {
      topicId = null;
      suspicious = true;
    }
    return topicId;
  }

  /** Makes the other thread look up what is wanted. */
  void lookUp() {
    wanted.release();
  }

  private void read() {
    while (isOpen()) {
      try (Topics topics = new Topics(KafkaProperties.admin(kafka, clientId("topics")))) {
        while (isOpen()) {
          locate(topics);
          if (exists) {
            follow(topics);
          } else if (!pausedToTheEnd(TURN)) {
            log.atTrace().log("there is no topic of receipts yet");
          }
        }
      } catch (KafkaException e) {
        failed(e);
      }
    }
  }

  private void locate(Topics topics) {
    look(topics);
    OptionalLong end = topics.end(receipts);
    if (next < 0) {
      next = late ? 0 : end.orElse(0);
      positioned.countDown();
    }
    exists = end.isPresent();
  }

  private void follow(Topics topics) {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer("receipts")) {
      consumer.assign(List.of(receipts));
      consumer.seek(receipts, next);
      while (isOpen()) {
        poll(consumer);
        failing = false;
        look(topics);
      }
    }
  }

  private void poll(KafkaConsumer<byte[], byte[]> consumer) {
    try {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        learn(record);
        next = record.offset() + 1;
      }
    } catch (OffsetOutOfRangeException e) {
      // made anew, or all of it is to be read: what is gone is looked for by nobody
      next = consumer.beginningOffsets(List.of(receipts)).getOrDefault(receipts, 0L);
      consumer.seek(receipts, next);
    }
  }

  private void learn(ConsumerRecord<byte[], byte[]> record) {
    try {
      BatchReceipt receipt = BatchReceiptCodec.decode(record.value());
      ledger.learn(receipt);
      if (receipt.topicId().equals(topicId)) {
        backlog.applied(receipt.partition(), receipt.next());
      } else {
        suspicious = true;
      }
    } catch (MalformedReceiptException e) {
      // not written by ingest; whatever it stands for stays pending
      log.atWarn().addKeyValue("offset", record.offset()).log("not a receipt");
    }
  }

  /** Looks after what is not told by receipts. */
  private void look(Topics topics) {
    long now = System.nanoTime();
    boolean due = topicId == null || now - askedAt > ID_NANOS;
    if ((due || suspicious || backlog.isFull()) && now - askedAt > TURN.toNanos() / 5) {
      askedAt = now;
      suspicious = false;
      identify(topics.id(names.writeTopic()));
      if (backlog.isFull() && topicId != null) {
        lookAtLag(topics);
      }
    }
  }

  /** Without ingest there are no receipts: then lag is all that is known. */
  private void lookAtLag(Topics topics) {
    try {
      topics.committed(names.writeBehindGroup(), names.writeTopic()).forEach(backlog::applied);
    } catch (KafkaException e) {
      if (e instanceof InterruptException) {
        throw e;
      }
      // perhaps it may not be asked; receipts, if there are any, still tell
      log.atDebug().setCause(e).log("the workers' lag cannot be asked");
    }
  }

  private void identify(@Nullable String id) {
    if (id != null && known != null && !known.equals(id)) {
      lastAccepted.clear();
      backlog.restart();
      log.atWarn().addKeyValue("topic", names.writeTopic()).log("the topic was made anew");
    }
    known = id == null ? known : id;
    topicId = id;
  }

  private void lookBack() {
    while (isOpen()) {
      try {
        boolean asked = wanted.tryAcquire(TURN.toNanos(), TimeUnit.NANOSECONDS);
        log.atTrace().addKeyValue("asked", asked).log("looking up");
        wanted.drainPermits();
        Collection<Ticket> tickets =
            positioned.getCount() == 0 ? lookups.apply(topicId) : List.of();
        if (!tickets.isEmpty()) {
          lookBack(tickets);
        }
      } catch (InterruptedException e) {
        // closed: the loop ends
        Thread.currentThread().interrupt();
        return;
      } catch (KafkaException e) {
        failed(e);
        lookUp();
      }
    }
  }

  private void lookBack(Collection<Ticket> tickets) {
    if (!exists) {
      // nobody has told of any write yet
      tickets.forEach(ticket -> ledger.covered(ticket.log(), 0));
      return;
    }
    try (KafkaConsumer<byte[], byte[]> consumer = consumer("past-receipts")) {
      new LookBack(consumer, receipts, LIMITS, topicId, ledger).answer(tickets);
    }
  }

  private void failed(KafkaException e) {
    if (e instanceof InterruptException || !isOpen()) {
      return;
    }
    (failing ? log.atDebug() : log.atWarn())
        .addKeyValue("topic", receipts.topic())
        .setCause(e)
        .log("receipts cannot be read now; trying again");
    failing = true;
    boolean ending = pausedToTheEnd(TURN);
    log.atTrace().addKeyValue("ending", ending).log("paused");
  }

  private boolean isOpen() {
    return closed.getCount() > 0 && !Thread.currentThread().isInterrupted();
  }

  private boolean pausedToTheEnd(Duration pause) {
    try {
      return closed.await(pause.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer(String name) {
    return new KafkaConsumer<>(KafkaProperties.consumer(kafka, clientId(name)));
  }

  private String clientId(String name) {
    return "cachetide-" + names.pipeline() + "-" + name;
  }

  @Override
  public void close() {
    closed.countDown();
    wanted.release();
    for (Thread thread : List.of(reader, past)) {
      try {
        // Kafka's clients complain aloud when they are interrupted, so they are not at first
        thread.join(CLOSE_LIMIT.toMillis());
      } catch (InterruptedException e) {
        // the caller is in a hurry: the threads are daemons, and their calls are bounded
        Thread.currentThread().interrupt();
      }
      thread.interrupt();
    }
  }
}
