package dev.cachetide.benchmarks.writes;

import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.SettingsLoader;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.writebehind.WriteBehindWorker;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs one contender at a time, each on an emptied table behind a checkpoint. */
final class Race implements AutoCloseable {

  private static final Set<Contender> SINKS =
      EnumSet.of(Contender.JDBC_SINK, Contender.JDBC_SINK_UNNEST);

  private final Sandbox sandbox;
  private final int batchRows;
  private final Path folder;
  private final Map<String, Topic> topics = new HashMap<>();
  private @Nullable JdbcSink sink;

  /** To run on these servers; {@code folder} is for files of the contenders. */
  Race(Sandbox sandbox, Path folder, int batchRows) throws Exception {
    this.sandbox = sandbox;
    this.folder = folder;
    this.batchRows = batchRows;
    sql(Row.CREATE);
  }

  /** Commands a second. */
  double run(Contender contender, Workload workload) throws Exception {
    sql("TRUNCATE bench", "CHECKPOINT");
    if (contender.source() == Contender.Source.KAFKA) {
      return fromKafka(contender, workload);
    }
    int commands = contender.commands(workload);
    long nanos = new FromMemory(sandbox.postgres(), batchRows).run(contender, workload, commands);
    return commands / (nanos / 1e9);
  }

  @Override
  public void close() {
    if (sink != null) {
      sink.close();
    }
  }

  private double fromKafka(Contender contender, Workload workload) throws Exception {
    if (SINKS.contains(contender)) {
      return sink(workload, contender == Contender.JDBC_SINK_UNNEST);
    }
    Topic topic = topic(workload.name() + ".writes", workload, Formats.COMMANDS);
    return contender == Contender.CACHETIDE
        ? cachetide(topic, workload)
        : handWritten(topic, workload);
  }

  private double handWritten(Topic topic, Workload workload) throws Exception {
    CompletableFuture<Void> loop =
        CompletableFuture.runAsync(
            new HandWritten(sandbox, topic, workload.commands(), batchRows),
            task -> new Thread(task, "hand-written").start());
    double perSecond = new Arrival(sandbox.postgres()).perSecond(topic, workload.commands());
    loop.get(10, TimeUnit.SECONDS);
    return perSecond;
  }

  private double cachetide(Topic topic, Workload workload) throws Exception {
    // a worker that finds no offset begins at the topic's start
    sql(
        "DO 'BEGIN DELETE FROM cachetide.consumer_offset; EXCEPTION WHEN undefined_table OR"
            + " invalid_schema_name THEN NULL; END'");
    try (WriteBehindWorker worker =
        new WriteBehindWorker(settings(workload), new SimpleMeterRegistry())) {
      worker.start();
      return new Arrival(sandbox.postgres()).perSecond(topic, workload.commands());
    }
  }

  private double sink(Workload workload, boolean unnest) throws Exception {
    Topic topic = topic(workload.name() + ".flat", workload, Formats.FLAT);
    JdbcSink connect = sink == null ? JdbcSink.start(sandbox, folder, batchRows) : sink;
    sink = connect;
    String connector = connect.connect(topic, unnest);
    try {
      return new Arrival(sandbox.postgres()).perSecond(topic, workload.commands());
    } finally {
      connect.disconnect(connector);
    }
  }

  private Topic topic(String name, Workload workload, Topic.Format format) throws Exception {
    Topic filled = topics.get(name);
    if (filled == null) {
      filled = Topic.fill(sandbox.kafka().bootstrapServers(), name, workload, format);
      topics.put(name, filled);
    }
    return filled;
  }

  private PipelineSettings settings(Workload workload) throws Exception {
    Path file = folder.resolve("cachetide.yaml");
    Files.writeString(
        file,
        """
        pipeline: %s
        postgres: { url: "%s", user: "%s" }
        kafka: { bootstrap.servers: "%s" }
        writes:
          - { table: public.bench, key: [id] }
        """
            .formatted(
                workload.name(),
                sandbox.postgres().jdbcUrl(),
                sandbox.postgres().user(),
                sandbox.kafka().bootstrapServers()));
    LoadedSettings loaded = SettingsLoader.load(file, Map.of());
    if (loaded instanceof LoadedSettings.Loaded ok) {
      return ok.settings();
    }
    throw new IllegalStateException(loaded.toString());
  }

  private void sql(String... statements) throws Exception {
    try (Connection connection = sandbox.postgres().connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }
}
