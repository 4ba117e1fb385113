package dev.cachetide.sandbox;

import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.jspecify.annotations.Nullable;

/** A broker inside this JVM. */
final class KafkaBroker implements Host {
  private final KafkaStorage storage;
  private final Properties settings;
  private @Nullable KafkaRaftServer server;

  KafkaBroker(KafkaStorage storage, Properties settings) {
    this.storage = storage;
    this.settings = settings;
  }

  @Override
  public boolean running() {
    return server != null;
  }

  @Override
  public void start() {
    // A broker that meets a fatal error would otherwise end the JVM, which is not its own.
    Exit.setExitProcedure(KafkaBroker::refuseToExit);
    Exit.setHaltProcedure(KafkaBroker::refuseToExit);
    storage.format();
    KafkaRaftServer starting =
        new KafkaRaftServer(KafkaConfig.fromProps(settings, false), Time.SYSTEM);
    try {
      starting.startup();
    } catch (RuntimeException e) {
      starting.shutdown();
      throw new SandboxException("kafka does not start: " + settings.get("listeners"), e);
    }
    server = starting;
  }

  @Override
  public void stop() {
    if (server != null) {
      server.shutdown();
      server.awaitShutdown();
      server = null;
    }
  }

  private static void refuseToExit(int status, @Nullable String message) {
    throw new SandboxException("kafka gave up with status " + status + ": " + message);
  }

  @Override
  public void killHard() {
    throw new UnsupportedOperationException("a broker inside this JVM");
  }

  @Override
  public void suspend() {
    throw new UnsupportedOperationException("a broker inside this JVM");
  }

  @Override
  public void resume() {
    throw new UnsupportedOperationException("a broker inside this JVM");
  }
}
