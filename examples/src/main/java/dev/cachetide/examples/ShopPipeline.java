package dev.cachetide.examples;

import dev.cachetide.ingest.CdcIngest;
import dev.cachetide.invalidation.InvalidationWorker;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.SettingsLoader;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.writebehind.WriteBehindWorker;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The three roles of the pipeline that {@code cachetide.yaml} describes, in this process. */
final class ShopPipeline implements AutoCloseable {

  private final List<Program> roles;

  private ShopPipeline(PipelineSettings settings) {
    MeterRegistry meters = new SimpleMeterRegistry();
    roles =
        List.of(
            new CdcIngest(settings, meters),
            new InvalidationWorker(settings, meters),
            new WriteBehindWorker(settings, meters));
  }

  /** Starts the roles and waits until each is ready. */
  static ShopPipeline startOn(Sandbox sandbox) throws Exception {
    ShopPipeline pipeline = new ShopPipeline(settings(sandbox));
    try {
      pipeline.roles.forEach(Program::start);
      for (Program role : pipeline.roles) {
        Eventually.holds(role.name() + " is ready", () -> role.readiness().ready());
      }
      return pipeline;
    } catch (Exception e) {
      pipeline.close();
      throw e;
    }
  }

  private static PipelineSettings settings(Sandbox sandbox) throws IOException {
    String servers =
        """
        postgres: { url: "%s", user: "%s" }
        kafka: { bootstrap.servers: "%s" }
        redis: { url: "%s" }
        """
            .formatted(
                sandbox.postgres().jdbcUrl(),
                sandbox.postgres().user(),
                sandbox.kafka().bootstrapServers(),
                sandbox.redis().uri());
    Path file = Files.createTempFile("shop", ".yaml");
    try {
      Files.writeString(file, ShopFiles.read("cachetide.yaml") + servers);
      if (SettingsLoader.load(file, Map.of()) instanceof LoadedSettings.Loaded loaded) {
        return loaded.settings();
      }
      throw new IllegalStateException(SettingsLoader.load(file, Map.of()).toString());
    } finally {
      Files.delete(file);
    }
  }

  @Override
  public void close() {
    for (int i = roles.size() - 1; i >= 0; i--) {
      roles.get(i).close();
    }
  }
}
