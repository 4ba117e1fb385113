package dev.cachetide.invalidation;

import dev.cachetide.runtime.Backoff;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes sure that the topic of invalidation requests exists, on a thread of its own and for as long
 * as it takes: change events do not wait for it, and the consumer joins it once it is there. One
 * that exists is left as it is.
 */
final class RequestTopic implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(RequestTopic.class);
  private static final Duration LIMIT = Duration.ofSeconds(15);

  private final NewTopic wanted;
  private final Map<String, Object> adminProperties;
  private final Backoff backoff;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;

  RequestTopic(NewTopic wanted, Map<String, Object> adminProperties, Backoff backoff) {
    this.wanted = wanted;
    this.adminProperties = Map.copyOf(adminProperties);
    this.backoff = backoff;
    thread = new Thread(this::run, "invalidate-request-topic");
    thread.setDaemon(true);
  }

  RequestTopic(NewTopic wanted, Map<String, Object> adminProperties) {
    this(
        wanted,
        adminProperties,
        new Backoff(
            Duration.ofMillis(200), Duration.ofSeconds(10), new Random(wanted.name().hashCode())));
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      for (int attempt = 1; closed.getCount() > 0 && !created(attempt); attempt++) {
        Duration pause = backoff.pause(attempt);
        boolean ending = closed.await(pause.toMillis(), TimeUnit.MILLISECONDS);
        log.atDebug().addKeyValue("ending", ending).log("paused");
      }
    } catch (InterruptedException e) {
      // close() is in a hurry; whoever starts next creates the topic.
      Thread.currentThread().interrupt();
    }
  }

  private boolean created(int attempt) throws InterruptedException {
    try (Admin admin = Admin.create(adminProperties)) {
      admin.createTopics(List.of(wanted)).all().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      log.atInfo()
          .addKeyValue("topic", wanted.name())
          .log("created the topic of invalidation requests");
      return true;
    } catch (ExecutionException e) {
      return e.getCause() instanceof TopicExistsException || failed(attempt, e);
    } catch (TimeoutException | KafkaException e) {
      return failed(attempt, e);
    }
  }

  private boolean failed(int attempt, Exception cause) {
    (attempt == 1 ? log.atWarn() : log.atDebug())
        .addKeyValue("topic", wanted.name())
        .setCause(cause)
        .log("topic not created yet, trying again");
    return false;
  }

  @Override
  public void close() {
    closed.countDown();
    thread.interrupt();
    try {
      thread.join(Duration.ofSeconds(2).toMillis());
    } catch (InterruptedException e) {
      // The caller is in a hurry: the thread is a daemon, and its calls are bounded.
      Thread.currentThread().interrupt();
    }
  }
}
