package dev.cachetide.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.cli.doctor.Finding.Section;
import dev.cachetide.cli.doctor.PostgresFacts.RoleFacts;
import dev.cachetide.cli.doctor.PostgresFacts.Slot;
import dev.cachetide.cli.doctor.PostgresFacts.Table;
import dev.cachetide.cli.doctor.Program.Privilege;
import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.wire.TableName;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Postgres as a test stack does not bring it about, by facts made up for it. */
@SuppressWarnings("NullAway.Init")
final class PostgresChecksTest {

  private static final Set<Program> ALL = Program.running();
  private static final Slot READ = new Slot("pgoutput", true, "reserved", true, true);

  @TempDir private static Path directory;
  private static PipelineSettings settings;
  private final Map<String, String> server = new HashMap<>();
  private final Map<TableName, Table> tables = new HashMap<>();

  @BeforeAll
  static void read() throws Exception {
    settings = Made.settings(directory, Made.SHOP);
  }

  @BeforeEach
  void good() {
    server.putAll(
        Map.of(
            "max_replication_slots", "10",
            "max_wal_senders", "10",
            "max_wal_size", "1024",
            "max_slot_wal_keep_size", "16384",
            "synchronous_commit", "on",
            "synchronized_standby_slots", ""));
    tables.put(
        new TableName("public", "stock"),
        new Table(true, false, rows(), false, List.of(Set.of("id"))));
  }

  @Test
  void a_good_postgres_has_nothing_to_put_right() {
    assertThat(postgres(17, READ, 0, role(false, false))).isEmpty();
  }

  @Test
  void an_old_server_and_a_standby_are_wrong() {
    assertThat(postgres(14, READ, 0, role(false, false)))
        .containsExactly("FAIL version: Postgres 14.0 is older than 15");
  }

  @Test
  void a_slot_is_told_by_what_became_of_it() {
    assertThat(
            postgres(17, new Slot("wal2json", true, "reserved", true, true), 0, role(false, false)))
        .containsExactly("FAIL slot: cachetide_shop belongs to another plugin or database");
    assertThat(postgres(17, new Slot("pgoutput", false, "lost", true, true), 0, role(false, false)))
        .singleElement()
        .asString()
        .startsWith("FAIL slot: cachetide_shop is lost");
    assertThat(
            postgres(
                17, new Slot("pgoutput", true, "unreserved", true, true), 0, role(false, false)))
        .singleElement()
        .asString()
        .startsWith("FAIL slot: cachetide_shop is about to be given up");
    assertThat(postgres(17, null, 0, role(false, false)))
        .singleElement()
        .asString()
        .startsWith("WARN slot: cachetide_shop is missing");
  }

  @Test
  void a_slot_that_no_standby_keeps_is_worth_a_look_where_there_are_standbys() {
    Slot alone = new Slot("pgoutput", true, "reserved", false, true);

    assertThat(postgres(17, alone, 0, role(false, false))).isEmpty();
    assertThat(postgres(16, alone, 1, role(false, false))).isEmpty();
    assertThat(postgres(17, alone, 1, role(false, false)))
        .singleElement()
        .asString()
        .startsWith("WARN failover: cachetide_shop is not kept on standbys");
    assertThat(postgres(17, READ, 1, role(false, false)))
        .singleElement()
        .asString()
        .startsWith("WARN failover: synchronized_standby_slots is empty");
  }

  @Test
  void too_little_wal_kept_no_sender_left_and_an_old_schema_are_found() {
    server.put("max_slot_wal_keep_size", "100");
    server.put("max_wal_senders", "1");

    assertThat(postgres(17, null, 0, role(false, false)))
        .anyMatch(line -> line.startsWith("WARN max_slot_wal_keep_size: 100 MB is less"))
        .anyMatch(line -> line.startsWith("FAIL WAL senders: all 1 are taken"));
  }

  @Test
  void rights_that_nobody_needs_and_a_key_without_an_index_are_found() {
    tables.put(new TableName("public", "stock"), new Table(true, false, rows(), false, List.of()));

    assertThat(postgres(17, READ, 0, role(true, true)))
        .containsExactly(
            "WARN role: app may create roles, which no program needs",
            "WARN role: app bypasses row-level security, which no program needs",
            "WARN key: no unique index on the key of public.stock, so that a row may come to be"
                + " twice, and each command scans");
  }

  @Test
  void a_schema_that_may_not_be_used_is_granted_by_name() {
    tables.put(new TableName("Odd", "t"), new Table(false, false, Set.of(), false, List.of()));
    Report report = new Report(Section.POSTGRES);
    new GrantChecks(settings, ALL)
        .all()
        .get(0)
        .look(facts(17, READ, 0, role(false, false)), report);

    assertThat(report.findings())
        .extracting(Finding::fix)
        .containsExactly("GRANT USAGE ON SCHEMA \"Odd\" TO \"app\";");
  }

  private List<String> postgres(int major, @Nullable Slot slot, int standbys, RoleFacts role) {
    Report report = new Report(Section.POSTGRES);
    PostgresFacts facts = facts(major, slot, standbys, role);
    new PostgresChecks(settings, ALL).all().forEach(check -> check.look(facts, report));
    new GrantChecks(settings, ALL).all().forEach(check -> check.look(facts, report));
    return Made.lines(report);
  }

  private PostgresFacts facts(int major, @Nullable Slot slot, int standbys, RoleFacts role) {
    return new PostgresFacts(
        major + ".0",
        major,
        false,
        "shop",
        server,
        "default",
        slot == null ? 0 : 1,
        1,
        standbys,
        role,
        CachetideSchema.VERSION,
        slot,
        tables,
        null,
        0);
  }

  private static RoleFacts role(boolean creates, boolean bypasses) {
    return new RoleFacts("app", false, creates, false, bypasses, true);
  }

  private static Set<Privilege> rows() {
    return EnumSet.range(Privilege.SELECT, Privilege.DELETE);
  }
}
