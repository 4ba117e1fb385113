package dev.cachetide.cli.doctor;

import static java.util.stream.Collectors.joining;

import dev.cachetide.cli.doctor.PostgresFacts.Table;
import dev.cachetide.cli.doctor.Program.Privilege;
import dev.cachetide.cli.doctor.Report.Check;
import dev.cachetide.runtime.postgres.Identifiers;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.WriteTableSettings;
import dev.cachetide.wire.TableName;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Whether the role may do what its programs do, and no more. Pure. */
final class GrantChecks {

  private static final String OWN = "cachetide";

  private final PipelineSettings settings;
  private final Set<Program> programs;

  GrantChecks(PipelineSettings settings, Set<Program> programs) {
    this.settings = settings;
    this.programs = programs;
  }

  /** All of them; a new one is a line here. */
  List<Check<PostgresFacts>> all() {
    return List.of(this::usage, this::missing, this::surplus, this::rowSecurity, this::keys);
  }

  private void usage(PostgresFacts facts, Report report) {
    Set<String> closed = new TreeSet<>();
    facts
        .tables()
        .forEach(
            (name, table) -> {
              if (!table.schemaUsable()) {
                closed.add(name.schema());
              }
            });
    for (String schema : closed) {
      report.fail(
          "grants",
          role(facts) + " may not use the schema " + schema,
          "GRANT USAGE ON SCHEMA " + Identifiers.quoted(schema) + " TO " + quoted(facts) + ";");
    }
  }

  private void missing(PostgresFacts facts, Report report) {
    int needs = 0;
    int before = report.findings().size();
    for (Map.Entry<TableName, Set<Privilege>> need :
        new TreeMap<>(Program.needs(programs, settings)).entrySet()) {
      Table table = facts.tables().get(need.getKey());
      if (table == null) {
        continue; // another check tells of a table that is not there
      }
      needs += need.getValue().size();
      Set<Privilege> lacking = EnumSet.copyOf(need.getValue());
      lacking.removeAll(table.held());
      if (!lacking.isEmpty()) {
        report.fail(
            "grants",
            role(facts) + " may not " + words(lacking) + " in " + need.getKey(),
            "GRANT "
                + words(lacking)
                + " ON "
                + Identifiers.quoted(need.getKey())
                + " TO "
                + quoted(facts)
                + ";");
      }
    }
    if (report.findings().size() == before && needs > 0) {
      report.ok("grants", "all " + needs + " that the programs need");
    }
  }

  private void surplus(PostgresFacts facts, Report report) {
    if (facts.role().superuser()) {
      return; // said once
    }
    if (facts.tables().entrySet().stream()
        .anyMatch(each -> each.getKey().schema().equals(OWN) && each.getValue().owned())) {
      report.warn(
          "grants",
          role(facts) + " owns tables of the schema cachetide, so that it could drop them",
          "psql -f docs/postgres-roles.sql lets another role own them");
      return;
    }
    Map<TableName, Set<Privilege>> needs = Program.needs(programs, settings);
    new TreeMap<>(facts.tables())
        .forEach(
            (name, table) -> {
              Set<Privilege> more = new HashSet<>(table.held());
              more.removeAll(needs.getOrDefault(name, Set.of()));
              if (!more.isEmpty() && !table.owned()) {
                report.warn(
                    "grants",
                    role(facts) + " may " + words(more) + " in " + name + ", which it need not",
                    "REVOKE "
                        + words(more)
                        + " ON "
                        + Identifiers.quoted(name)
                        + " FROM "
                        + quoted(facts)
                        + ";");
              }
            });
  }

  private void rowSecurity(PostgresFacts facts, Report report) {
    for (TableName name : written()) {
      Table table = facts.tables().get(name);
      if (table != null && table.filtered()) {
        report.fail(
            "row-level security",
            "hides rows of " + name + " from " + role(facts) + ": writes of them are parked",
            "CREATE POLICY cachetide ON "
                + Identifiers.quoted(name)
                + " TO "
                + quoted(facts)
                + " USING (true) WITH CHECK (true);");
      }
    }
  }

  private void keys(PostgresFacts facts, Report report) {
    if (!programs.contains(Program.WRITE_BEHIND)) {
      return;
    }
    for (WriteTableSettings write : settings.writes()) {
      TableName name = new TableName(write.schema(), write.table());
      Table table = facts.tables().get(name);
      if (table != null && !table.uniques().contains(Set.copyOf(write.key()))) {
        report.warn(
            "key",
            "no unique index on the key of "
                + name
                + ", so that a row may come to be twice, and"
                + " each command scans",
            "CREATE UNIQUE INDEX CONCURRENTLY ON "
                + Identifiers.quoted(name)
                + " ("
                + write.key().stream().map(Identifiers::quoted).collect(joining(", "))
                + ");");
      }
    }
  }

  private Set<TableName> written() {
    Set<TableName> written = new TreeSet<>();
    if (programs.contains(Program.WRITE_BEHIND)) {
      settings.writes().forEach(it -> written.add(new TableName(it.schema(), it.table())));
    }
    return written;
  }

  private static String words(Set<Privilege> privileges) {
    return privileges.stream().sorted().map(Enum::name).collect(joining(", "));
  }

  private static String role(PostgresFacts facts) {
    return facts.role().name();
  }

  private static String quoted(PostgresFacts facts) {
    return Identifiers.quoted(facts.role().name());
  }
}
