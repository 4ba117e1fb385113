package dev.cachetide.ingest;

import dev.cachetide.runtime.HttpServer;
import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.SettingsLoader;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The negative control: ingest with Debezium's usual file of offsets in place of the slot. It takes
 * the arguments of {@code cachetide run ingest --config FILE}.
 */
public final class FileOffsetIngest {

  private FileOffsetIngest() {}

  /** Runs until it is killed. */
  public static void main(String[] args) throws Exception {
    Path config = Path.of(args[args.length - 1]);
    LoadedSettings loaded = SettingsLoader.load(config, Map.of());
    PipelineSettings settings = ((LoadedSettings.Loaded) loaded).settings();
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Variations variations =
        Variations.none().withEngine(fileOffsets(config)).withAcknowledgeEvery(Duration.ZERO);
    CdcIngest ingest = new CdcIngest(settings, meters, variations);
    new HttpServer(settings.http(), meters, List.of(ingest)).start();
    ingest.start();
    ingest.ended().join();
  }

  private static UnaryOperator<Map<String, String>> fileOffsets(Path config) {
    return properties -> {
      properties.put("offset.storage", "org.apache.kafka.connect.storage.FileOffsetBackingStore");
      properties.put("offset.storage.file.filename", config + ".offsets");
      return properties;
    };
  }
}
