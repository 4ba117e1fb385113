package dev.cachetide.runtime;

import dev.cachetide.runtime.settings.KafkaSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A {@link RecordHandler} run by a {@link PollLoop} on a thread of its own: what a worker is. */
public final class WorkerProgram implements Program {

  private static final Logger log = LoggerFactory.getLogger(WorkerProgram.class);

  /** What releasing the Kafka clients and the handler may take, beyond the drain. */
  private static final Duration RELEASE = Duration.ofSeconds(20);

  private final LoopSettings settings;
  private final PollLoop loop;
  private final LagProbe probe;
  private final LoopHealth health;
  private final ClientMeters clientMeters;
  private final Pauses pauses;
  private final KafkaAdvice advice;
  private final Thread thread;
  private final CompletableFuture<ExitStatus> ended = new CompletableFuture<>();

  private WorkerProgram(
      LoopSettings settings,
      PollLoop loop,
      LagProbe probe,
      LoopHealth health,
      ClientMeters clientMeters,
      Pauses pauses,
      KafkaAdvice advice) {
    this.advice = advice;
    this.clientMeters = clientMeters;
    this.settings = settings;
    this.loop = loop;
    this.probe = probe;
    this.health = health;
    this.pauses = pauses;
    thread = new Thread(() -> ended.complete(run()), settings.name());
  }

  /**
   * Builds a worker that nobody can pause; connects to nothing yet.
   *
   * @param handler owned by the worker from now on
   * @throws org.apache.kafka.common.KafkaException when the clients refuse their properties, or no
   *     broker's name can be resolved
   */
  public static WorkerProgram create(
      LoopSettings settings, KafkaSettings kafka, RecordHandler handler, MeterRegistry registry) {
    return create(settings, kafka, handler, Pauses.none(), registry);
  }

  /**
   * Builds a worker; connects to nothing yet.
   *
   * @param handler owned by the worker from now on
   * @param pauses what it must not do for now
   * @throws org.apache.kafka.common.KafkaException when the clients refuse their properties, or no
   *     broker's name can be resolved
   */
  public static WorkerProgram create(
      LoopSettings settings,
      KafkaSettings kafka,
      RecordHandler handler,
      Pauses pauses,
      MeterRegistry registry) {
    KafkaClients clients = new KafkaClients(kafka);
    KafkaClients.Group group = settings.group();
    Progress progress = new Progress();
    LoopMeters meters = new LoopMeters(registry, group.id(), InstantSource.system());
    LoopHealth health = new LoopHealth(group.maxPollInterval(), System::nanoTime);
    DeadLetterHeaders headers =
        new DeadLetterHeaders(group.id(), group.clientId(), handler.getClass().getName());
    ClientMeters clientMeters = new ClientMeters(registry, settings.name());
    DeadLetters deadLetters =
        new DeadLetterPublisher(
            settings.deadLetterTopic(), clients, group.clientId(), headers, clientMeters);
    Consumer<byte[], byte[]> consumer = new KafkaConsumer<>(clients.consumer(group));
    clientMeters.of(consumer);
    AdminClient admin = AdminClient.create(clients.admin(group.clientId() + "-admin"));
    clientMeters.of(admin);
    TopicIds topicIds = TopicIds.of(admin);
    GroupSize groupSize = GroupSize.of(admin, settings.topics());
    PollLoop loop =
        new PollLoop(
            settings,
            consumer,
            new PausableHandler(TracedHandler.of(handler, group), pauses),
            deadLetters,
            progress,
            meters,
            health,
            topicIds,
            groupSize,
            new PollLoop.Timing(System::nanoTime, new Random(new SecureRandom().nextLong())));
    OldestRecords oldest = OldestRecords.reading(clients, group.clientId() + "-lag", clientMeters);
    Backlog backlog = new Backlog(admin, oldest);
    KafkaAdvice advice = new KafkaAdvice(kafka);
    LagProbe probe =
        new LagProbe(
            backlog, settings.name(), progress, meters, health, topicIds, groupSize, advice);
    return new WorkerProgram(settings, loop, probe, health, clientMeters, pauses, advice);
  }

  @Override
  public String name() {
    return settings.name();
  }

  @Override
  public synchronized void start() {
    if (thread.getState() != Thread.State.NEW || ended.isDone()) {
      throw new IllegalStateException(name() + " was started or closed before");
    }
    thread.start();
    probe.start();
    log.atInfo()
        .addKeyValue("program", name())
        .addKeyValue("group", settings.group().id())
        .log("started");
  }

  @Override
  public Readiness readiness() {
    if (thread.getState() == Thread.State.NEW) {
      return Readiness.no("not started");
    }
    Readiness readiness = health.readiness();
    String paused = pauses.reason();
    return readiness.ready() && !paused.isEmpty() ? Readiness.no(paused) : readiness;
  }

  @Override
  public boolean alive() {
    return thread.getState() == Thread.State.NEW || health.alive();
  }

  @Override
  public CompletableFuture<ExitStatus> ended() {
    return ended.copy();
  }

  /**
   * A client that speaks in clear to a TLS port takes the answer for the length of a huge message,
   * and may end for want of memory: then nothing but this says what is to be changed.
   */
  private ExitStatus run() {
    ExitStatus status = loop.run();
    if (status == ExitStatus.FAILED) {
      advice
          .mismatch()
          .ifPresent(
              each ->
                  log.atError()
                      .addKeyValue("program", name())
                      .addKeyValue("advice", each)
                      .log("Kafka cannot be talked to"));
    }
    return status;
  }

  /** Returns within the drain timeout and 20 s, even when a handler hangs. */
  @Override
  public synchronized void close() {
    clientMeters.close();
    if (ended.isDone()) {
      probe.close();
      return;
    }
    loop.stop();
    probe.close();
    if (thread.getState() == Thread.State.NEW) {
      // Never started: run it as stopped, so that what was built is released in the usual order.
      ended.complete(loop.run());
      return;
    }
    awaitEnd();
    log.atInfo().addKeyValue("program", name()).log("stopped");
  }

  private void awaitEnd() {
    try {
      thread.join(settings.drainTimeout().plus(RELEASE).toMillis());
      if (thread.isAlive()) {
        log.atError().addKeyValue("program", name()).log("did not end in time, interrupting it");
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      // The caller is in a hurry: the thread goes on draining, and the process may leave before.
      Thread.currentThread().interrupt();
    }
  }
}
