package dev.cachetide.ingest;

import static java.util.stream.Collectors.joining;

import dev.cachetide.runtime.postgres.Identifiers;
import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether Postgres will let changes be captured: what would otherwise stop ingest at its start, or
 * leave a table's changes out without a sign. What ingest puts right by itself is no problem.
 */
public final class CaptureCheck {

  private static final String PATH = "postgres";
  private static final String WITH =
      " WITH (publish = 'insert, update, delete, truncate', publish_via_partition_root = true);";

  private final String file;
  private final PipelineSettings settings;
  private final CaptureFacts facts;
  private final List<Problem> problems = new ArrayList<>();

  private CaptureCheck(String file, PipelineSettings settings, CaptureFacts facts) {
    this.file = file;
    this.settings = settings;
    this.facts = facts;
  }

  /**
   * Every problem.
   *
   * @param connection of the role that ingest uses
   * @param file as problems name it
   * @throws SQLException when Postgres does not answer
   */
  public static List<Problem> problems(
      Connection connection, String file, PipelineSettings settings) throws SQLException {
    CaptureFacts facts = new CaptureFactsQuery(connection).load(settings);
    CaptureCheck check = new CaptureCheck(file, settings, facts);
    check.walLevel();
    if (settings.invalidation().source() == Source.CACHETIDE) {
      check.slot();
      check.publication();
    } else {
      check.published();
    }
    return check.problems;
  }

  private void walLevel() {
    if (!facts.walLevel().equals("logical")) {
      report(
          "wal_level is " + facts.walLevel() + ", so the WAL does not tell row changes",
          "ALTER SYSTEM SET wal_level = logical; and restart Postgres");
    }
  }

  private void slot() {
    if (!facts.mayReplicate()) {
      report(
          "the role " + facts.role() + " may not replicate, which ingest has to",
          "ALTER ROLE " + Identifiers.quoted(facts.role()) + " REPLICATION;");
    }
    if (!facts.slotExists() && facts.slots() >= facts.mostSlots()) {
      report(
          "all " + facts.mostSlots() + " replication slots are taken, and ingest needs one",
          "drop one that nobody reads (SELECT * FROM pg_replication_slots WHERE NOT active),"
              + " or raise max_replication_slots and restart Postgres");
    }
  }

  private void publication() {
    boolean whole = facts.tables().stream().allMatch(CaptureFacts.Table::whole);
    if (facts.tables().isEmpty() || facts.publicationTellsAll() || (facts.complete() && whole)) {
      return;
    }
    List<String> obstacles = new ArrayList<>();
    if (facts.publicationExists() && !facts.ownsPublication()) {
      obstacles.add("does not own it");
    }
    if (!facts.publicationExists() && !facts.mayCreate()) {
      obstacles.add("may not create one in this database");
    }
    List<String> foreign =
        facts.tables().stream()
            .filter(table -> !table.owned())
            .map(table -> table.name().toString())
            .toList();
    if (!foreign.isEmpty() && !facts.allTables()) {
      obstacles.add("does not own " + String.join(", ", foreign));
    }
    if (!obstacles.isEmpty()) {
      report(
          "the publication "
              + settings.names().publication()
              + (facts.publicationExists() ? " leaves out changes" : " is missing")
              + ", and the role "
              + facts.role()
              + " "
              + String.join(" and ", obstacles),
          fix());
    }
  }

  private String fix() {
    String name = Identifiers.quoted(settings.names().publication());
    String drop = facts.publicationExists() ? "DROP PUBLICATION " + name + "; " : "";
    return "let a superuser run: " + drop + "CREATE PUBLICATION " + name + " FOR ALL TABLES" + WITH;
  }

  /** Somebody else captures: whoever it is, a table in no publication is not captured. */
  private void published() {
    List<String> missing =
        facts.tables().stream()
            .filter(table -> !table.anywhere())
            .map(table -> Identifiers.quoted(table.name()))
            .toList();
    if (!missing.isEmpty()) {
      report(
          "no publication tells the changes of "
              + facts.tables().stream()
                  .filter(table -> !table.anywhere())
                  .map(table -> table.name().toString())
                  .collect(joining(", ")),
          "ALTER PUBLICATION … ADD TABLE "
              + String.join(", ", missing)
              + "; with … the one that your connector reads");
    }
  }

  private void report(String message, String fix) {
    problems.add(new Problem(file, PATH, message, fix));
  }
}
