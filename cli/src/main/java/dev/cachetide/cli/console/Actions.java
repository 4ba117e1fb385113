package dev.cachetide.cli.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.resync.TableResync;
import dev.cachetide.cli.resync.TableResync.Published;
import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.runtime.postgres.Pause;
import dev.cachetide.runtime.postgres.Pause.What;
import dev.cachetide.runtime.postgres.PauseState;
import dev.cachetide.runtime.postgres.PauseTable;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.InvalidationSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** What the page can do to a pipeline, as {@code pause}, {@code resume} and {@code resync} do. */
final class Actions {

  private static final Set<String> ROLES = Set.of("ingest", "invalidate", "write-behind");
  private static final Duration RESYNC = Duration.ofSeconds(30);
  private static final String BY = "console";
  private static final int LONGEST_REASON = 500;

  private final PipelineSettings settings;
  private final RuleView rules;
  private final InstantSource clock;
  private final PostgresConnector postgres;
  private final ReentrantLock resyncing = new ReentrantLock();

  Actions(PipelineSettings settings, RuleView rules, InstantSource clock) {
    this.settings = settings;
    this.rules = rules;
    this.clock = clock;
    postgres =
        new PostgresConnector(Objects.requireNonNull(settings.postgres()), "cachetide-console");
  }

  /** Pauses what {@code what} and {@code name} say. */
  ObjectNode pause(JsonNode body) throws SQLException {
    What what = what(body);
    String name = name(body, what);
    checkKnown(what, name);
    boolean stale = body.path("allowStale").asBoolean();
    if (stale && what == What.ROLE) {
      throw new Refused(400, "allowStale is not for roles", "leave it out");
    }
    String reason = body.path("reason").asText("");
    if (reason.length() > LONGEST_REASON) {
      throw new Refused(400, "the reason is long", "say it in 500 characters");
    }
    try (Connection connection = postgres.connect()) {
      CachetideSchema.install(connection);
      boolean added =
          new PauseTable(settings.names().pipeline())
              .add(
                  connection,
                  new Pause(
                      what, name, stale, reason.isBlank() ? null : reason, BY, clock.instant()));
      if (!added) {
        throw new Refused(409, what + " " + name + " is paused already", "resume it first");
      }
    }
    return named(what, name).put("paused", true);
  }

  /** Resumes it. */
  ObjectNode resume(JsonNode body) throws SQLException {
    What what = what(body);
    String name = name(body, what);
    try (Connection connection = postgres.connect()) {
      Optional<Pause> removed =
          new PauseTable(settings.names().pipeline()).remove(connection, what, name);
      if (removed.isEmpty()) {
        throw new Refused(409, what + " " + name + " is not paused", "reload the page");
      }
    }
    return named(what, name).put("paused", false);
  }

  private static ObjectNode named(What what, String name) {
    return JsonNodeFactory.instance.objectNode().put("what", what.toString()).put("name", name);
  }

  private static What what(JsonNode body) {
    try {
      return What.valueOf(body.path("what").asText("").toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new Refused(400, "what is to be paused is not said", "what: role, table or rule");
    }
  }

  private static String name(JsonNode body, What what) {
    String name = body.path("name").asText("");
    return what == What.TABLE ? table(name).toString() : name;
  }

  private void checkKnown(What what, String name) {
    boolean known =
        switch (what) {
          case ROLE -> ROLES.contains(name);
          case RULE -> rules.names().contains(name);
          case TABLE -> rules.unknown(TableName.parse(name)).isEmpty();
        };
    if (!known) {
      throw new Refused(400, "there is no such " + what, "take a name that the page shows");
    }
  }

  private static TableName table(String text) {
    try {
      return TableName.parse(text);
    } catch (IllegalArgumentException e) {
      throw new Refused(400, "this is no table", "write schema.table");
    }
  }

  /** Evicts all that is cached of a table, and waits for some time until it is done. */
  ObjectNode resync(JsonNode body) throws SQLException, InterruptedException {
    TableName table = table(body.path("table").asText(""));
    if (rules.unknown(table).isPresent()) {
      throw new Refused(400, "no rule is about this table", "take a table that the page shows");
    }
    if (settings.invalidation().source() == InvalidationSettings.Source.DEBEZIUM) {
      throw new Refused(
          409, "with source debezium nobody carries a resync", "evict what its rules name");
    }
    requireRunning();
    if (!resyncing.tryLock()) {
      throw new Refused(409, "another resync is under way", "try again when it has ended");
    }
    try (TableResync resync = new TableResync(settings)) {
      return resync(resync, table);
    } finally {
      resyncing.unlock();
    }
  }

  private void requireRunning() throws SQLException {
    try (Connection connection = postgres.connect()) {
      PauseState state =
          new PauseState(new PauseTable(settings.names().pipeline()).all(connection));
      if (state.role("ingest") || state.role("invalidate")) {
        throw new Refused(409, "ingest or invalidate is paused", "resume it first");
      }
    }
  }

  private static ObjectNode resync(TableResync resync, TableName table)
      throws SQLException, InterruptedException {
    if (!resync.topicExists()) {
      throw new Refused(409, "ingest has published nothing yet", "start it");
    }
    long began = System.nanoTime();
    Optional<Published> published = resync.awaitPublished(resync.begin(table), RESYNC);
    boolean evicted =
        published.isPresent()
            && resync.awaitEvicted(
                published.get(), RESYNC.minusNanos(System.nanoTime() - began).plusSeconds(1));
    return JsonNodeFactory.instance
        .objectNode()
        .put("table", table.toString())
        .put("evicted", evicted)
        .put("seconds", (System.nanoTime() - began) / 1e9);
  }
}
