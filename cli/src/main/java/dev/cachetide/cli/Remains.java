package dev.cachetide.cli;

import dev.cachetide.runtime.postgres.Identifiers;
import dev.cachetide.wire.PipelineNames;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a pipeline has left in a database.
 *
 * @param slotReader the process that reads the slot; 0 for none
 * @param schema whether the schema is there and is to go
 * @param others pipelines that use the schema too
 */
record Remains(
    PipelineNames names,
    boolean slot,
    int slotReader,
    boolean publication,
    boolean schema,
    Set<String> others) {

  private static final String LOOK =
      """
      SELECT (SELECT count(*) FROM pg_catalog.pg_replication_slots
               WHERE slot_name = ? AND database = current_database()),
             coalesce((SELECT active_pid FROM pg_catalog.pg_replication_slots
                        WHERE slot_name = ?), 0),
             EXISTS (SELECT FROM pg_catalog.pg_publication WHERE pubname = ?),
             to_regclass('cachetide.heartbeat') IS NOT NULL
      """;

  private static final String OTHERS =
      """
      SELECT pipeline FROM cachetide.heartbeat WHERE pipeline <> ?
      UNION SELECT pipeline FROM cachetide.redis_identity WHERE pipeline <> ?
      UNION SELECT regexp_replace("group", '\\.[^.]*$', '') FROM cachetide.consumer_offset
       WHERE "group" NOT LIKE replace(?, '_', '\\_') || '.%'
      """;

  Remains {
    others = Set.copyOf(others);
  }

  /**
   * Looks.
   *
   * @param withSchema whether the schema is to go, too
   */
  static Remains of(Connection connection, PipelineNames names, boolean withSchema)
      throws SQLException {
    try (PreparedStatement look = connection.prepareStatement(LOOK)) {
      look.setString(1, names.slot());
      look.setString(2, names.slot());
      look.setString(3, names.publication());
      try (ResultSet row = look.executeQuery()) {
        row.next();
        boolean schema = withSchema && row.getBoolean(4);
        return new Remains(
            names,
            row.getInt(1) > 0,
            row.getInt(2),
            row.getBoolean(3),
            schema,
            schema ? others(connection, names.pipeline()) : Set.of());
      }
    }
  }

  private static Set<String> others(Connection connection, String pipeline) throws SQLException {
    Set<String> others = new TreeSet<>();
    try (PreparedStatement statement = connection.prepareStatement(OTHERS)) {
      for (int i = 1; i <= 3; i++) {
        statement.setString(i, pipeline);
      }
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          others.add(row.getString(1));
        }
      }
    }
    return others;
  }

  /** Why nothing may be dropped; empty when it may. */
  List<String> refusals() {
    List<String> refusals = new ArrayList<>();
    if (slotReader != 0) {
      refusals.add(
          "cachetide: the slot "
              + names.slot()
              + " is being read, by process "
              + slotReader
              + "\n    fix: stop every `cachetide run ingest` of the pipeline first");
    }
    if (!others.isEmpty()) {
      refusals.add(
          "cachetide: the schema cachetide is used by other pipelines too: "
              + String.join(", ", new TreeSet<>(others))
              + "\n    fix: leave out --schema");
    }
    return refusals;
  }

  /** What would be dropped, as people call it. */
  List<String> drops() {
    List<String> drops = new ArrayList<>();
    if (slot) {
      drops.add("replication slot " + names.slot());
    }
    if (publication) {
      drops.add("publication " + names.publication());
    }
    if (schema) {
      drops.add("schema cachetide, with parked writes, receipts and offsets");
    }
    return drops;
  }

  /** Drops it. A slot that somebody began to read meanwhile is refused by Postgres itself. */
  void drop(Connection connection) throws SQLException {
    if (slot) {
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT pg_drop_replication_slot(?)")) {
        statement.setString(1, names.slot());
        statement.execute();
      }
    }
    try (Statement statement = connection.createStatement()) {
      if (publication) {
        statement.execute("DROP PUBLICATION " + Identifiers.quoted(names.publication()));
      }
      if (schema) {
        statement.execute("DROP SCHEMA cachetide CASCADE");
      }
    }
  }
}
