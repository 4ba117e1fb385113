package dev.cachetide.sandbox;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real Kafka, one node that is broker and controller, inside this JVM, on 127.0.0.1 only. Topics
 * are not created by being used.
 *
 * <p>It cannot be killed harder than {@link #stop()}; a test that needs a broker's sudden silence
 * puts a {@link TcpProxy} before it with {@link Builder#advertisedPort}.
 */
public final class SandboxKafka implements SandboxServer {
  private static final Logger log = LoggerFactory.getLogger(SandboxKafka.class);

  private final Folder folder;
  private final List<KafkaListener> listeners;
  private final KafkaStorage storage;
  private final int port;
  private final int controllerPort;
  private final int advertisedPort;
  private final Host host;
  private boolean closed;

  private SandboxKafka(Builder builder) {
    this.folder = Folder.of(builder.directory, "kafka");
    this.listeners = List.copyOf(builder.listeners);
    this.storage =
        new KafkaStorage(
            folder.path().resolve("data"),
            listeners.stream().flatMap(each -> each.users().stream()).toList());
    this.port = builder.port == 0 ? FreePorts.next() : builder.port;
    this.controllerPort = FreePorts.next();
    this.advertisedPort = builder.advertisedPort == 0 ? port : builder.advertisedPort;
    this.host = host(builder);
  }

  /** In a container unless it was asked for what only a process of this machine can give. */
  private Host host(Builder builder) {
    return ServerMode.containers() && builder.plain()
        ? Containers.kafka(port)
        : new KafkaBroker(storage, settings());
  }

  /** For a server with other settings than the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts a server on the folder, which stays, and continues with the topics an earlier server
   * left there.
   *
   * @throws SandboxException when it does not come up
   */
  public static SandboxKafka start(Path directory) {
    return builder().directory(directory).start();
  }

  @Override
  public String name() {
    return "kafka";
  }

  @Override
  public int port() {
    return port;
  }

  /** What clients are to be given: the advertised address. */
  public String bootstrapServers() {
    return "127.0.0.1:" + advertisedPort;
  }

  @Override
  public synchronized boolean running() {
    return host.running();
  }

  @Override
  public synchronized void start() {
    if (closed) {
      throw new SandboxException("kafka is closed");
    }
    if (running()) {
      return;
    }
    host.start();
    log.atInfo().addKeyValue("port", port).log("kafka started");
  }

  @Override
  public synchronized void stop() {
    if (host.running()) {
      host.stop();
      log.atInfo().addKeyValue("port", port).log("kafka stopped");
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      stop();
      host.discard();
      folder.close();
    }
  }

  private Properties settings() {
    Properties settings = new Properties();
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", Integer.toString(KafkaStorage.NODE_ID));
    settings.put("log.dirs", storage.directory().toString());
    settings.put("controller.quorum.voters", KafkaStorage.NODE_ID + "@127.0.0.1:" + controllerPort);
    settings.put("controller.listener.names", "CONTROLLER");
    addListeners(settings);
    settings.put("auto.create.topics.enable", "false");
    settings.put("group.initial.rebalance.delay.ms", "0");
    // A test that kills members again and again has no six seconds for each.
    settings.put("group.min.session.timeout.ms", "1000");
    // How long a start waits for the session of a broker that died without signing off: itself.
    settings.put("broker.session.timeout.ms", "5000");
    settings.put("broker.heartbeat.interval.ms", "1000");
    addOneBrokersTopics(settings);
    addSmallMachine(settings);
    return settings;
  }

  /** The broker's own and those that ask more of clients, which are named by localhost. */
  private void addListeners(Properties settings) {
    StringBuilder where = new StringBuilder("PLAINTEXT://127.0.0.1:" + port);
    where.append(",CONTROLLER://127.0.0.1:").append(controllerPort);
    StringBuilder advertised = new StringBuilder("PLAINTEXT://127.0.0.1:" + advertisedPort);
    StringBuilder protocols = new StringBuilder("PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    for (KafkaListener each : listeners) {
      where.append(',').append(each.name()).append("://127.0.0.1:").append(each.port());
      advertised.append(',').append(each.name()).append("://localhost:").append(each.port());
      protocols.append(',').append(each.name()).append(':').append(each.protocol());
      each.addTo(settings);
    }
    settings.put("listeners", where.toString());
    settings.put("advertised.listeners", advertised.toString());
    settings.put("listener.security.protocol.map", protocols.toString());
    settings.put("inter.broker.listener.name", "PLAINTEXT");
  }

  private static void addOneBrokersTopics(Properties settings) {
    settings.put("offsets.topic.replication.factor", "1");
    settings.put("offsets.topic.num.partitions", "4");
    settings.put("transaction.state.log.replication.factor", "1");
    settings.put("transaction.state.log.min.isr", "1");
    settings.put("transaction.state.log.num.partitions", "4");
    settings.put("share.coordinator.state.topic.replication.factor", "1");
    settings.put("share.coordinator.state.topic.min.isr", "1");
    settings.put("share.coordinator.state.topic.num.partitions", "1");
  }

  private static void addSmallMachine(Properties settings) {
    settings.put("num.network.threads", "2");
    settings.put("num.io.threads", "2");
    settings.put("background.threads", "2");
    settings.put("num.recovery.threads.per.data.dir", "1");
    settings.put("log.cleaner.dedupe.buffer.size", "4194304");
    settings.put("log.index.size.max.bytes", "2097152");
  }

  /** Not thread-safe. */
  public static final class Builder {
    private @Nullable Path directory;
    private int port;
    private int advertisedPort;
    private final List<KafkaListener> listeners = new ArrayList<>();

    private Builder() {}

    private boolean plain() {
      return directory == null && advertisedPort == 0 && listeners.isEmpty();
    }

    /** The folder for the data, which stays; default a temporary one. */
    public Builder directory(Path directory) {
      this.directory = directory;
      return this;
    }

    /** Where the broker listens; default a free port. */
    public Builder port(int port) {
      this.port = port;
      return this;
    }

    /** Where clients are told to connect, a {@link TcpProxy}'s port; default the broker's own. */
    public Builder advertisedPort(int advertisedPort) {
      this.advertisedPort = advertisedPort;
      return this;
    }

    /** One more listener, beside the one that asks nothing of clients. */
    public Builder listener(KafkaListener listener) {
      listeners.add(listener);
      return this;
    }

    /**
     * Starts the server and returns when it serves clients.
     *
     * @throws SandboxException when it does not come up
     */
    public SandboxKafka start() {
      SandboxKafka kafka = new SandboxKafka(this);
      try {
        kafka.start();
        return kafka;
      } catch (RuntimeException e) {
        kafka.close();
        throw e;
      }
    }
  }
}
