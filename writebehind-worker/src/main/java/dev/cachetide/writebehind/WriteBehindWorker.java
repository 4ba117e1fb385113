package dev.cachetide.writebehind;

import dev.cachetide.runtime.Backoff;
import dev.cachetide.runtime.ExitStatus;
import dev.cachetide.runtime.KafkaAdvice;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.LoopSettings;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.Readiness;
import dev.cachetide.runtime.Topics;
import dev.cachetide.runtime.WorkerProgram;
import dev.cachetide.runtime.postgres.PauseWatch;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.runtime.settings.WriteBehindSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies the write commands of one pipeline to Postgres, each with exactly one effect.
 *
 * <p>Any number of them may run, in one process or several: they share the partitions. Creates the
 * write topic and the schema {@code cachetide} where they are missing. Safe for concurrent use.
 */
public final class WriteBehindWorker implements Program {

  private static final Logger log = LoggerFactory.getLogger(WriteBehindWorker.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration STARTER_LIMIT = Duration.ofSeconds(20);

  private final String topic;
  private final WriteBehindSettings settings;
  private final WriteTopic writeTopic;
  private final PauseWatch pauses;
  private final WorkerProgram program;
  private final Backoff backoff;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile @Nullable Thread starter;
  private final KafkaAdvice kafkaAdvice;
  private volatile boolean topicReady;
  private volatile String obstacle = "";

  /**
   * Builds a worker; connects to nothing yet.
   *
   * @throws IllegalArgumentException when the settings name no Postgres or no Kafka
   * @throws KafkaException when the clients refuse their properties, or no broker's name can be
   *     resolved
   */
  public WriteBehindWorker(PipelineSettings pipeline, MeterRegistry registry) {
    KafkaSettings kafka = required(pipeline.kafka(), "kafka");
    PostgresSettings postgres = required(pipeline.postgres(), "postgres");
    String clientId = pipeline.names().writeBehindGroup() + "-" + UUID.randomUUID();
    topic = pipeline.names().writeTopic();
    settings = pipeline.writebehind();
    KafkaClients clients = new KafkaClients(kafka);
    kafkaAdvice = new KafkaAdvice(kafka);
    writeTopic =
        new WriteTopic(
            clients.admin(clientId + "-topic"),
            clients.reader(clientId + "-topic"),
            settings.retention());
    backoff = new Backoff(FIRST_PAUSE, maxPause(settings), new Random(clientId.hashCode()));
    pauses =
        new PauseWatch(
            new PostgresConnector(postgres, "cachetide-write-behind-pauses"),
            pipeline.names().pipeline(),
            PauseWatch.Concern.ofRole("write-behind"),
            registry);
    program =
        WorkerProgram.create(
            loop(pipeline, clientId),
            kafka,
            handler(pipeline, postgres, clientId, new WriteBehindMeters(registry)),
            pauses,
            registry);
  }

  @Override
  public String name() {
    return "write-behind";
  }

  @Override
  public synchronized void start() {
    if (starter != null || closed.getCount() == 0) {
      throw new IllegalStateException(name() + " was started or closed before");
    }
    Thread thread = new Thread(this::createTopicAndStart, name() + "-start");
    starter = thread;
    thread.start();
  }

  @Override
  public Readiness readiness() {
    return topicReady || starter == null
        ? program.readiness()
        : Readiness.no("write topic not created yet" + obstacle);
  }

  @Override
  public boolean alive() {
    return program.alive();
  }

  @Override
  public CompletableFuture<ExitStatus> ended() {
    return program.ended();
  }

  @Override
  public void close() {
    closed.countDown();
    Thread thread = starter;
    if (thread != null) {
      try {
        thread.join(STARTER_LIMIT.toMillis());
      } catch (InterruptedException e) {
        // the caller is in a hurry: the starter ends by itself, its calls are bounded
        Thread.currentThread().interrupt();
      }
    }
    program.close();
    pauses.close();
  }

  private void createTopicAndStart() {
    try {
      for (int attempt = 1; !topicReady && closed.getCount() > 0; attempt++) {
        createTopic(attempt);
      }
      if (closed.getCount() > 0) {
        program.start();
        pauses.start();
      }
    } catch (InterruptedException e) {
      // nobody but the process' end interrupts this thread
      Thread.currentThread().interrupt();
    } catch (IllegalStateException e) {
      log.atDebug().setCause(e).log("closed while starting");
    }
  }

  private void createTopic(int attempt) throws InterruptedException {
    try {
      writeTopic.create(topic, settings);
      topicReady = true;
    } catch (KafkaException e) {
      if (attempt == 1) {
        Optional<String> advice = kafkaAdvice.toward(e);
        obstacle = advice.map(each -> ": " + each).orElse("");
        log.atWarn()
            .addKeyValue("topic", topic)
            .addKeyValue("advice", advice.orElse("none"))
            .setCause(e)
            .log("topic not created yet, retrying");
      }
      Duration pause = backoff.pause(attempt);
      boolean ending = closed.await(pause.toMillis(), TimeUnit.MILLISECONDS);
      log.atDebug().addKeyValue("ending", ending).log("paused");
    }
  }

  private static LoopSettings loop(PipelineSettings pipeline, String clientId) {
    WriteBehindSettings settings = pipeline.writebehind();
    return new LoopSettings(
        "write-behind",
        new KafkaClients.Group(
                pipeline.names().writeBehindGroup(),
                clientId,
                settings.maxPollRecords(),
                settings.maxPollInterval())
            .lingering(settings.batch().linger()),
        Topics.named(Set.of(pipeline.names().writeTopic())),
        pipeline.names().deadLetterTopic(),
        LoopSettings.COMMIT_INTERVAL,
        settings.retryBackoffMax(),
        settings.drainTimeout());
  }

  private WriteBehindHandler handler(
      PipelineSettings pipeline,
      PostgresSettings postgres,
      String clientId,
      WriteBehindMeters meters) {
    String group = pipeline.names().writeBehindGroup();
    OffsetTable offsets = new OffsetTable(group, clientId);
    return new WriteBehindHandler(
        PostgresSession.ofTransactions(postgres),
        PostgresSession.ofQuestions(postgres),
        new Preparation(pipeline.writes()),
        new Claims(writeTopic, offsets, meters),
        new PartitionTransaction(pipeline.writes(), offsets, group),
        new Expiry(group, pipeline.writebehind(), System::nanoTime),
        meters,
        new Pace(pipeline.writebehind().batch(), System::nanoTime));
  }

  private static Duration maxPause(WriteBehindSettings settings) {
    Duration max = settings.retryBackoffMax();
    return max.compareTo(FIRST_PAUSE) < 0 ? FIRST_PAUSE : max;
  }

  private static <T> T required(@Nullable T section, String name) {
    if (section == null) {
      throw new IllegalArgumentException("the settings name no " + name);
    }
    return section;
  }
}
