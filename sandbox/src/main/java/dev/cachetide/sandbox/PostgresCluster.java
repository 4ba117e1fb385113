package dev.cachetide.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A Postgres data folder: made once by {@code initdb}, run by one postmaster at a time. */
final class PostgresCluster {
  static final String SUPERUSER = "postgres";

  /** Fast shutdown: sessions are ended, replication is flushed, a checkpoint is written. */
  static final String FAST_SHUTDOWN = "INT";

  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final Duration INITDB_LIMIT = Duration.ofSeconds(60);
  private static final int START_ATTEMPTS = 10;

  private final Path folder;
  private final Path data;
  private final Path logFile;
  private final PostmasterFile postmasterFile;
  private final int port;
  private final Map<String, String> settings;
  private final @Nullable Path foreignPrograms;
  private final @Nullable PostgresTls tls;
  private final Unprivileged unprivileged;

  /** Runs the embedded programs, or those of {@code foreignPrograms}, which may be older. */
  PostgresCluster(
      Path folder,
      int port,
      Map<String, String> settings,
      @Nullable Path foreignPrograms,
      @Nullable PostgresTls tls,
      Unprivileged unprivileged) {
    this.folder = folder;
    this.data = folder.resolve("data");
    this.logFile = folder.resolve("postgres.log");
    this.postmasterFile = new PostmasterFile(data);
    this.port = port;
    this.settings = onLoopback(settings);
    this.foreignPrograms = foreignPrograms;
    this.tls = tls;
    this.unprivileged = unprivileged;
  }

  /**
   * Returns when connections are accepted; takes over a folder that an earlier JVM left in any
   * state.
   */
  ServerProcess startPostmaster() {
    try {
      Path programs = foreignPrograms == null ? PostgresPrograms.folder() : foreignPrograms;
      if (!Files.exists(data)) {
        initialize(programs);
      }
      if (tls != null) {
        tls.writeTo(data);
      }
      unprivileged.own(data);
      postmasterFile.clearLeftovers();
      return launch(programs);
    } catch (IOException e) {
      throw new SandboxException("postgres could not be started in " + data, e);
    }
  }

  private void initialize(Path programs) throws IOException {
    // Made aside: an initdb that was cut short leaves what looks like a cluster and is none.
    Path unfinished = folder.resolve("data-unfinished");
    Folder.delete(unfinished);
    Files.createDirectory(unfinished);
    unprivileged.own(unfinished);
    List<String> command = new ArrayList<>(unprivileged.prefix());
    command.add(programs.resolve("initdb").toString());
    command.addAll(
        List.of("--pgdata", unfinished.toString(), "--username", SUPERUSER, "--auth", "trust"));
    command.addAll(List.of("--encoding", "UTF8", "--locale", "C", "--no-sync"));
    command.add("--no-instructions");
    if (foreignPrograms == null) {
      command.addAll(List.of("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"));
    }
    ServerProcess initdb = ServerProcess.start("initdb", command, folder, logFile, "KILL");
    if (initdb.awaitEnd(INITDB_LIMIT) != 0) {
      throw new SandboxException("initdb failed in " + data + ":\n" + initdb.lastWords());
    }
    Files.move(unfinished, data, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * After a kill the shared memory lives until the last killed process is gone, hence more than one
   * attempt.
   */
  private ServerProcess launch(Path programs) {
    for (int attempt = 1; ; attempt++) {
      ServerProcess started =
          ServerProcess.start(
              "postgres", postmasterCommand(programs), folder, logFile, FAST_SHUTDOWN);
      boolean decided =
          Waiting.until(
              () -> postmasterFile.saysReady(started.pid()) || !started.alive(), START_LIMIT);
      if (decided && started.alive()) {
        return started;
      }
      String lastWords = started.lastWords();
      started.killWithChildren();
      if (!decided || attempt == START_ATTEMPTS) {
        throw new SandboxException("postgres does not start on port " + port + ":\n" + lastWords);
      }
    }
  }

  private List<String> postmasterCommand(Path programs) {
    List<String> command = new ArrayList<>(unprivileged.prefix());
    command.add(programs.resolve("postgres").toString());
    command.addAll(List.of("-D", data.toString(), "-p", Integer.toString(port)));
    settings.forEach((setting, value) -> command.addAll(List.of("-c", setting + "=" + value)));
    return command;
  }

  private static Map<String, String> onLoopback(Map<String, String> chosen) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("listen_addresses", "127.0.0.1");
    settings.put("unix_socket_directories", "");
    settings.putAll(overDefaults(chosen));
    return settings;
  }

  /** What every server of the sandbox has, wherever it runs, and what was chosen instead. */
  static Map<String, String> overDefaults(Map<String, String> chosen) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("wal_level", "logical");
    settings.put("max_wal_senders", "48");
    settings.put("max_replication_slots", "48");
    settings.put("max_connections", "200");
    settings.put("fsync", "off");
    settings.put("jit", "off");
    settings.put("timezone", "UTC");
    settings.put("log_timezone", "UTC");
    settings.putAll(chosen);
    return settings;
  }
}
