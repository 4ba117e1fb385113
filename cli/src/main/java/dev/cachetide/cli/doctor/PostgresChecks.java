package dev.cachetide.cli.doctor;

import dev.cachetide.cli.doctor.PostgresFacts.RoleFacts;
import dev.cachetide.cli.doctor.PostgresFacts.Slot;
import dev.cachetide.cli.doctor.Report.Check;
import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.runtime.postgres.Identifiers;
import dev.cachetide.runtime.settings.PipelineSettings;
import java.util.List;
import java.util.Set;

/** What is looked at in Postgres itself. Pure; {@link GrantChecks} looks at what roles may do. */
final class PostgresChecks {

  private static final int OLDEST = 15;
  private static final int WITH_FAILOVER = 17;
  private static final String RELOAD = " SELECT pg_reload_conf();";

  private final PipelineSettings settings;
  private final Set<Program> programs;

  PostgresChecks(PipelineSettings settings, Set<Program> programs) {
    this.settings = settings;
    this.programs = programs;
  }

  /** All of them; a new one is a line here. */
  List<Check<PostgresFacts>> all() {
    return List.of(
        this::version,
        this::primary,
        this::slots,
        this::senders,
        this::keptWal,
        this::synchronousCommit,
        this::role,
        this::schema,
        this::slot,
        this::standbys);
  }

  private void version(PostgresFacts facts, Report report) {
    if (facts.major() < OLDEST) {
      report.fail(
          "version",
          "Postgres " + facts.version() + " is older than " + OLDEST,
          "upgrade the server: pg_upgrade");
    } else {
      report.ok("version", facts.version());
    }
  }

  private void primary(PostgresFacts facts, Report report) {
    if (facts.standby()) {
      report.fail(
          "primary",
          "this server is a standby, where nothing can be captured or written",
          "name the primary in postgres.url; with several hosts add ?targetServerType=primary");
    }
  }

  private void slots(PostgresFacts facts, Report report) {
    if (!programs.contains(Program.INGEST)) {
      return;
    }
    long free = facts.number("max_replication_slots") - facts.slots();
    if (facts.slot() == null && free <= 0) {
      return; // CaptureCheck says so
    }
    report.ok(
        "replication slots", free + " of " + facts.setting("max_replication_slots") + " free");
  }

  private void senders(PostgresFacts facts, Report report) {
    if (!programs.contains(Program.INGEST)) {
      return;
    }
    long most = facts.number("max_wal_senders");
    boolean streaming = facts.slot() != null && facts.slot().active();
    if (!streaming && facts.senders() >= most) {
      report.fail(
          "WAL senders",
          "all " + most + " are taken, and ingest needs one",
          "ALTER SYSTEM SET max_wal_senders = " + (most + 4) + "; and restart Postgres");
    } else {
      report.ok("WAL senders", most - facts.senders() + " of " + most + " free");
    }
  }

  private void keptWal(PostgresFacts facts, Report report) {
    long kept = facts.number("max_slot_wal_keep_size");
    long usual = facts.number("max_wal_size");
    String fix =
        "ALTER SYSTEM SET max_slot_wal_keep_size = '"
            + Math.max(16_384, 4 * usual)
            + "MB';"
            + RELOAD;
    if (kept < 0) {
      report.warn(
          "max_slot_wal_keep_size",
          "unlimited: while ingest is away, its slot keeps WAL until the disk is full",
          fix);
    } else if (kept < usual) {
      report.warn(
          "max_slot_wal_keep_size",
          kept
              + " MB is less than max_wal_size, "
              + usual
              + " MB: the slot is given up early, and"
              + " everything is evicted then",
          fix);
    } else {
      report.ok("max_slot_wal_keep_size", kept + " MB");
    }
  }

  private void synchronousCommit(PostgresFacts facts, Report report) {
    String value = facts.setting("synchronous_commit");
    if (!value.equals("off")) {
      report.ok("synchronous_commit", value);
      return;
    }
    report.warn(
        "synchronous_commit",
        "off: WAL reaches the slot late, and a crash may lose commits that were already announced",
        switch (facts.synchronousCommitFrom()) {
          case "database" ->
              "ALTER DATABASE "
                  + Identifiers.quoted(facts.database())
                  + " RESET synchronous_commit;";
          case "user", "database user" ->
              "ALTER ROLE "
                  + Identifiers.quoted(facts.role().name())
                  + " RESET synchronous_commit;";
          default -> "ALTER SYSTEM SET synchronous_commit = on;" + RELOAD;
        });
  }

  private void role(PostgresFacts facts, Report report) {
    RoleFacts role = facts.role();
    String name = Identifiers.quoted(role.name());
    if (role.superuser()) {
      report.warn(
          "role",
          role.name() + " is a superuser, which no program needs",
          "psql -f docs/postgres-roles.sql makes a role for each program");
      return;
    }
    int before = report.findings().size();
    surplus(report, role.createRole(), role, "may create roles", "NOCREATEROLE");
    surplus(report, role.createDatabase(), role, "may create databases", "NOCREATEDB");
    surplus(report, role.bypassesRowSecurity(), role, "bypasses row-level security", "NOBYPASSRLS");
    if (role.replication() && !programs.contains(Program.INGEST)) {
      report.warn(
          "role",
          role.name() + " may replicate, which only ingest needs",
          "ALTER ROLE " + name + " NOREPLICATION;");
    }
    if (report.findings().size() == before) {
      report.ok("role", role.name());
    }
  }

  private static void surplus(
      Report report, boolean has, RoleFacts role, String what, String without) {
    if (has) {
      report.warn(
          "role",
          role.name() + " " + what + ", which no program needs",
          "ALTER ROLE " + Identifiers.quoted(role.name()) + " " + without + ";");
    }
  }

  private void schema(PostgresFacts facts, Report report) {
    if (facts.schema() == 0) {
      report.warn(
          "schema cachetide",
          "missing: the first program that starts makes it, if its role may",
          "psql -f docs/postgres-roles.sql prepares it, or start a program: cachetide run ingest");
    } else if (facts.schema() < CachetideSchema.VERSION) {
      report.fail(
          "schema cachetide",
          "version " + facts.schema() + ", and the programs need " + CachetideSchema.VERSION,
          "let its owner run docs/postgres-roles.sql again, or start a program as its owner");
    } else {
      report.ok("schema cachetide", "version " + facts.schema());
    }
  }

  private void slot(PostgresFacts facts, Report report) {
    if (!programs.contains(Program.INGEST) || !Capturing.ours(settings)) {
      return;
    }
    String name = settings.names().slot();
    Slot slot = facts.slot();
    String drop = "SELECT pg_drop_replication_slot('" + name + "');";
    String run = "start ingest: cachetide run ingest";
    if (slot == null) {
      report.warn("slot", name + " is missing: nothing is captured until ingest makes it", run);
    } else if (!slot.plugin().equals("pgoutput") || !slot.here()) {
      report.fail("slot", name + " belongs to another plugin or database", drop);
    } else if (slot.walStatus().equals("lost")) {
      report.fail(
          "slot",
          name + " is lost: ingest makes another one when it starts, and everything is evicted",
          run);
    } else if (slot.walStatus().equals("unreserved")) {
      report.fail(
          "slot",
          name + " is about to be given up: it is further behind than max_slot_wal_keep_size",
          slot.active() ? "see why ingest is slow: cachetide_ingest_slot_lag_bytes" : run);
    } else if (!slot.active()) {
      report.warn("slot", name + " is read by nobody: changes wait in the WAL", run);
    } else {
      report.ok("slot", name + " is read, its WAL is " + slot.walStatus());
    }
  }

  /** A slot that is not synchronized is a gap after each failover: safe, and a wave of misses. */
  private void standbys(PostgresFacts facts, Report report) {
    Slot slot = facts.slot();
    if (slot == null || facts.standbys() == 0 || facts.major() < WITH_FAILOVER) {
      return;
    }
    String name = settings.names().slot();
    if (!slot.failover()) {
      report.warn(
          "failover",
          name + " is not kept on standbys: after a failover everything is evicted",
          "stop ingest, SELECT pg_drop_replication_slot('" + name + "'); and start it again");
    } else if (facts.setting("synchronized_standby_slots").isEmpty()) {
      report.warn(
          "failover",
          "synchronized_standby_slots is empty: ingest may be ahead of the standby that takes over",
          "ALTER SYSTEM SET synchronized_standby_slots = '<slot of the standby>';"
              + RELOAD
              + " and sync_replication_slots = on there");
    } else {
      report.ok("failover", name + " is kept on standbys");
    }
  }
}
