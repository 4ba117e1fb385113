package dev.cachetide.sandbox;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * A broker's data folder, formatted before its first start as {@code kafka-storage format} does.
 */
final class KafkaStorage {
  static final int NODE_ID = 1;

  private final Path directory;
  private final List<String> users;

  /** The users are known from the first start on, each as kafka-storage's {@code --add-scram}. */
  KafkaStorage(Path directory, List<String> users) {
    this.directory = directory;
    this.users = List.copyOf(users);
  }

  Path directory() {
    return directory;
  }

  /**
   * Formats the folder with the latest production metadata version; leaves a formatted one as it
   * is.
   */
  void format() {
    if (directory.resolve("meta.properties").toFile().exists()) {
      return;
    }
    Formatter formatter =
        new Formatter()
            .setClusterId(Uuid.randomUuid().toString())
            .setNodeId(NODE_ID)
            .addDirectory(directory.toString())
            .setMetadataLogDirectory(directory.toString())
            .setControllerListenerName("CONTROLLER")
            .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
            .setReleaseVersion(MetadataVersion.latestProduction())
            .setScramArguments(users)
            .setPrintStream(
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
    run(formatter);
  }

  private void run(Formatter formatter) {
    try {
      formatter.run();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new SandboxException("kafka: " + directory + " could not be formatted", e);
    }
  }
}
