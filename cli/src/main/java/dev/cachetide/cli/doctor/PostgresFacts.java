package dev.cachetide.cli.doctor;

import dev.cachetide.cli.doctor.Program.Privilege;
import dev.cachetide.wire.TableName;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What Postgres said at one moment.
 *
 * @param settings by name; sizes in MB, -1 for no limit
 * @param synchronousCommitFrom where the value of {@code synchronous_commit} comes from, as {@code
 *     pg_settings} has it
 * @param schema which version of Cachetide's tables there is; 0 for none
 * @param slot null when there is none
 * @param standbys physical ones that stream
 * @param tables Cachetide's and those that the programs need
 * @param certified run ids of Redis; null when the role may not read them
 * @param aheadMillis the server's clock before this machine's
 */
record PostgresFacts(
    String version,
    int major,
    boolean standby,
    String database,
    Map<String, String> settings,
    String synchronousCommitFrom,
    int slots,
    int senders,
    int standbys,
    RoleFacts role,
    int schema,
    @Nullable Slot slot,
    Map<TableName, Table> tables,
    @Nullable Set<String> certified,
    long aheadMillis) {

  PostgresFacts {
    settings = Map.copyOf(settings);
    tables = Map.copyOf(tables);
  }

  String setting(String name) {
    return settings.getOrDefault(name, "");
  }

  long number(String name) {
    return Long.parseLong(setting(name));
  }

  /** Of the session. */
  record RoleFacts(
      String name,
      boolean superuser,
      boolean createRole,
      boolean createDatabase,
      boolean bypassesRowSecurity,
      boolean replication) {}

  /** The pipeline's replication slot. */
  record Slot(String plugin, boolean active, String walStatus, boolean failover, boolean here) {}

  /**
   * A table as the role sees it.
   *
   * @param schemaUsable whether the role has USAGE on its schema
   * @param owned whether it belongs to the role
   * @param held what the role may do
   * @param filtered whether row-level security hides rows from the role, and no policy opens them
   * @param uniques the columns of each unique index that can arbitrate
   */
  record Table(
      boolean schemaUsable,
      boolean owned,
      Set<Privilege> held,
      boolean filtered,
      List<Set<String>> uniques) {
    Table {
      held = Set.copyOf(held);
      uniques = List.copyOf(uniques);
    }
  }
}
