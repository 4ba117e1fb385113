package dev.cachetide.system;

import dev.cachetide.sandbox.Sandbox;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Real servers; ingest in a process of its own, and two processes that each evict and write behind,
 * which are killed and paused.
 */
final class DirtyWorld implements AutoCloseable {

  static final String PIPELINE = "dirty";

  /** Follows the protocol: the log decides. */
  static final String KEPT = "kept";

  /** Somebody else's change makes a dirty entry leave, so that a writer misses its own write. */
  static final String YIELDING = "yielding";

  /** No echo is heard, so dirty entries stay. */
  static final String UNHEARD = "unheard";

  static final List<String> TABLES = List.of(KEPT, YIELDING, UNHEARD);

  private static final String BODY =
      """
      rules:
        - name: kept
          source: { schema: public, table: kept }
          evict: [ { key: "kept:{id}" } ]
        - name: yielding
          source: { schema: public, table: yielding }
          evict: [ { key: "yielding:{id}" } ]
        - name: unheard
          source: { schema: public, table: unheard }
          skip_own_writes: true
          evict: [ { key: "unheard:{id}" } ]
      writes:
        - { table: public.kept, key: [id] }
        - { table: public.yielding, key: [id], conflicts: columns }
        - { table: public.unheard, key: [id] }
      """;

  final Sandbox sandbox = Sandbox.start();
  final DirtyRows rows;
  private final Path directory;
  private final RoleProcess ingest;
  private final List<RoleProcess> workers = new ArrayList<>();
  private final List<RoleProcess> killed = new ArrayList<>();

  DirtyWorld(Path directory) throws IOException, SQLException {
    this.directory = directory;
    rows = new DirtyRows(sandbox.postgres(), TABLES);
    ingest = start("ingest");
    workers.add(startWorker());
    workers.add(startWorker());
    ingest.awaitReady();
    workers.forEach(RoleProcess::awaitReady);
  }

  private RoleProcess startWorker() throws IOException {
    return start("invalidate", "write-behind");
  }

  private RoleProcess start(String... roles) throws IOException {
    int port = FreePort.find();
    Path config =
        PipelineFile.on(sandbox).pipeline(PIPELINE).httpPort(port).body(BODY).write(directory);
    return RoleProcess.start(directory, config, port, roles);
  }

  String redis() {
    return sandbox.redis().uri();
  }

  /** Ends one as {@code kill -9} does; another one takes its place. */
  void killWorker() throws IOException {
    RoleProcess old = workers.remove(0);
    old.kill();
    killed.add(old);
    workers.add(startWorker());
  }

  /** Stops one where it is. */
  RoleProcess pauseWorker() {
    workers.get(0).suspend();
    return workers.get(0);
  }

  /** All that the pipeline has said, of a worker that was killed too. */
  String output() {
    return Stream.concat(Stream.of(ingest), Stream.concat(killed.stream(), workers.stream()))
        .map(RoleProcess::output)
        .collect(Collectors.joining("\n"));
  }

  @Override
  public void close() {
    workers.forEach(RoleProcess::close);
    ingest.close();
    rows.close();
    sandbox.close();
  }
}
