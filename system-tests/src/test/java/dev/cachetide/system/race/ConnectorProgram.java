package dev.cachetide.system.race;

import dev.cachetide.runtime.ExitStatus;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.Readiness;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.system.connect.ConnectPage;
import dev.cachetide.system.connect.KafkaConnect;
import dev.cachetide.wire.PipelineNames;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** docs/connect.md's connector in the place of ingest. */
final class ConnectorProgram implements Program {

  private static final String TABLE = HotRows.SCHEMA + "." + HotRows.TABLE;
  private static final int PARTITIONS = 3;

  private final KafkaConnect connect;
  private final Sandbox sandbox;
  private final HotRows rows;
  private final PipelineNames names;
  private final CompletableFuture<ExitStatus> ended = new CompletableFuture<>();

  ConnectorProgram(KafkaConnect connect, Sandbox sandbox, HotRows rows, PipelineNames names) {
    this.connect = connect;
    this.sandbox = sandbox;
    this.rows = rows;
    this.names = names;
  }

  @Override
  public String name() {
    return "connect";
  }

  @Override
  public void start() {
    String topic = names.changeTopic(HotRows.SCHEMA, HotRows.TABLE);
    rows.run(
        "CREATE PUBLICATION %s FOR TABLE %s, cachetide.heartbeat"
            .formatted(names.publication(), TABLE));
    try (Admin admin =
        Admin.create(Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()))) {
      admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
      connect.startConnector(
          ConnectPage.connector(sandbox, names.pipeline(), List.of(TABLE))
              .with(Map.of("slot.name", names.slot(), "publication.name", names.publication())));
    } catch (IOException | ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Readiness readiness() {
    String active =
        rows.ask(
            "SELECT active FROM pg_replication_slots WHERE slot_name = '" + names.slot() + "'");
    return active.equals("t") ? Readiness.yes() : Readiness.no("its slot is " + active);
  }

  @Override
  public CompletableFuture<ExitStatus> ended() {
    return ended;
  }

  @Override
  public void close() {
    try {
      connect.stopConnector(names.pipeline());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    ended.complete(ExitStatus.STOPPED);
  }
}
