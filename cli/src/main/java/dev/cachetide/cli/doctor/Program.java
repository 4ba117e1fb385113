package dev.cachetide.cli.doctor;

import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.WriteTableSettings;
import dev.cachetide.wire.TableName;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A program of a pipeline, or who operates it, by what it needs of Postgres: what
 * docs/postgres-roles.sql grants.
 */
public enum Program {
  INGEST("ingest"),
  INVALIDATE("invalidate"),
  WRITE_BEHIND("write-behind"),
  /** The console and the commands beside it. */
  OPERATIONS("operations");

  private static final String INSERTS = "SELECT, INSERT, UPDATE";
  private static final String ROWS = "SELECT, INSERT, UPDATE, DELETE";
  private static final String MARKS = "SELECT, INSERT, DELETE";

  private final String word;

  Program(String word) {
    this.word = word;
  }

  /** Those that run: all but operations. */
  public static Set<Program> running() {
    return EnumSet.complementOf(EnumSet.of(OPERATIONS));
  }

  /** As it is typed on the command line. */
  @Override
  public String toString() {
    return word;
  }

  /** What these programs need of which table. */
  static Map<TableName, Set<Privilege>> needs(Set<Program> programs, PipelineSettings settings) {
    Map<TableName, Set<Privilege>> needs = new TreeMap<>();
    for (Program program : programs) {
      program
          .own()
          .forEach(
              (table, privileges) -> add(needs, new TableName("cachetide", table), privileges));
      if (program == INVALIDATE) {
        settings.rules().forEach(rule -> lookups(needs, rule));
      }
      if (program == WRITE_BEHIND) {
        for (WriteTableSettings write : settings.writes()) {
          add(needs, new TableName(write.schema(), write.table()), ROWS);
        }
      }
    }
    return needs;
  }

  /** Of Cachetide's tables. */
  private Map<String, String> own() {
    return switch (this) {
      case INGEST ->
          Map.of(
              "heartbeat", INSERTS,
              "slot_progress", INSERTS,
              "generation", INSERTS,
              "captured_table", MARKS,
              "pause", "SELECT");
      case INVALIDATE ->
          Map.of(
              "applied_rules", INSERTS,
              "generation", INSERTS,
              "redis_identity", ROWS,
              "pause", "SELECT");
      case WRITE_BEHIND ->
          Map.of(
              "consumer_offset", INSERTS,
              "dead_letter", INSERTS,
              "conflict", INSERTS,
              "receipt", ROWS,
              "write_id", ROWS,
              "pause", "SELECT");
      case OPERATIONS ->
          Map.of(
              "pause",
              MARKS,
              "event_dead_letter",
              MARKS,
              "generation",
              INSERTS,
              "dead_letter",
              "SELECT, UPDATE",
              "conflict",
              "SELECT, UPDATE",
              "redis_identity",
              "SELECT",
              "consumer_offset",
              "SELECT");
    };
  }

  /** Those of a query are its author's to know, and of a glob the catalogue's. */
  private static void lookups(Map<TableName, Set<Privilege>> needs, RuleSettings rule) {
    rule.fanOut().stream()
        .flatMap(fanOut -> java.util.stream.Stream.ofNullable(fanOut.through()))
        .forEach(through -> add(needs, new TableName(through.schema(), through.table()), "SELECT"));
    if (!rule.refresh().isEmpty() && !rule.tables().isGlob()) {
      add(needs, rule.tables().only(), "SELECT");
    }
  }

  private static void add(
      Map<TableName, Set<Privilege>> needs, TableName table, String privileges) {
    Set<Privilege> all = needs.computeIfAbsent(table, any -> EnumSet.noneOf(Privilege.class));
    for (String each : privileges.split(", ", -1)) {
      all.add(Privilege.valueOf(each));
    }
  }

  /** What may be done with a table. */
  enum Privilege {
    SELECT,
    INSERT,
    UPDATE,
    DELETE,
    TRUNCATE,
    TRIGGER
  }
}
