package dev.cachetide.ingest;

import dev.cachetide.ingest.SlotCheck.PublicationChange;
import dev.cachetide.runtime.postgres.Identifiers;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.TableName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The pipeline's publication: exactly the captured tables, every kind of change, whole rows.
 *
 * <p>One that already tells all of it, such as one for all tables, is left as it is, so that
 * somebody with more rights may prepare it. A change of it and the loss of the recorded progress
 * are one transaction: should this process end before it has told the caches about tables that were
 * not captured until now, the next one starts with a gap.
 */
final class Publication {

  private static final String WITH =
      " (publish = 'insert, update, delete, truncate', publish_via_partition_root = true)";
  private static final String FLAGS =
      """
      SELECT puballtables, pubinsert AND pubupdate AND pubdelete AND pubtruncate AND pubviaroot
        FROM pg_catalog.pg_publication WHERE pubname = ?
      """;
  private static final String WHOLE_TABLES =
      """
      SELECT n.nspname, c.relname
        FROM pg_catalog.pg_publication p
        JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid
        JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE p.pubname = ? AND r.prqual IS NULL AND r.prattrs IS NULL
      """;

  private static final String TELLING =
      """
      SELECT n.nspname, c.relname,
             coalesce(p.puballtables
               OR (r.oid IS NOT NULL AND r.prqual IS NULL AND r.prattrs IS NULL), false),
             p.oid IS NULL
               OR (pg_has_role(p.pubowner, 'USAGE') AND pg_has_role(c.relowner, 'USAGE'))
        FROM unnest(?::text[], ?::text[]) AS asked(s, t)
        JOIN pg_catalog.pg_namespace n ON n.nspname = asked.s
        JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = asked.t
        LEFT JOIN pg_catalog.pg_publication p ON p.pubname = ?
        LEFT JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = c.oid
      """;

  private final Connection connection;
  private final PipelineNames names;

  Publication(Connection connection, PipelineNames names) {
    this.connection = connection;
    this.names = names;
  }

  /**
   * Makes the publication tell about these tables.
   *
   * @throws SQLException when the server is away, or the role owns not all of the tables
   */
  PublicationChange ensure(Collection<TableName> tables) throws SQLException {
    Flags flags = flags();
    if (!flags.exists()) {
      change("CREATE PUBLICATION " + quotedName() + " FOR TABLE " + list(tables) + " WITH" + WITH);
      return PublicationChange.CREATED;
    }
    if (flags.allTables()) {
      if (!flags.complete()) {
        change("ALTER PUBLICATION " + quotedName() + " SET" + WITH);
      }
      return flags.complete() ? PublicationChange.NONE : PublicationChange.TABLES_ADDED;
    }
    Set<TableName> published = wholeTables();
    if (flags.complete() && published.containsAll(tables)) {
      return PublicationChange.NONE;
    }
    change(
        "ALTER PUBLICATION " + quotedName() + " SET TABLE " + list(tables),
        "ALTER PUBLICATION " + quotedName() + " SET" + WITH);
    return PublicationChange.TABLES_ADDED;
  }

  /**
   * What it says of some tables, of those that exist.
   *
   * @throws SQLException when the server is away
   */
  Map<TableName, Telling> telling(Collection<TableName> tables) throws SQLException {
    Map<TableName, Telling> telling = new TreeMap<>();
    try (PreparedStatement statement = connection.prepareStatement(TELLING)) {
      statement.setArray(1, texts(tables.stream().map(TableName::schema).toList()));
      statement.setArray(2, texts(tables.stream().map(TableName::table).toList()));
      statement.setString(3, names.publication());
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          TableName name = new TableName(row.getString(1), row.getString(2));
          boolean told = row.getBoolean(3);
          telling.put(
              name,
              told ? Telling.TOLD : row.getBoolean(4) ? Telling.MAY_BE_TOLD : Telling.NOT_OURS);
        }
      }
    }
    return telling;
  }

  private Array texts(List<String> values) throws SQLException {
    return connection.createArrayOf("text", values.toArray());
  }

  /** Whether a table is in the publication. */
  enum Telling {
    /** Whole. */
    TOLD,
    /** Not yet, or there is no publication yet, and this role may change that. */
    MAY_BE_TOLD,
    /** Not, and this role owns not both of table and publication. */
    NOT_OURS
  }

  private Flags flags() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FLAGS)) {
      statement.setString(1, names.publication());
      try (ResultSet result = statement.executeQuery()) {
        return result.next()
            ? new Flags(true, result.getBoolean(1), result.getBoolean(2))
            : new Flags(false, false, false);
      }
    }
  }

  private Set<TableName> wholeTables() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(WHOLE_TABLES)) {
      statement.setString(1, names.publication());
      try (ResultSet result = statement.executeQuery()) {
        Set<TableName> tables = new TreeSet<>();
        while (result.next()) {
          tables.add(new TableName(result.getString(1), result.getString(2)));
        }
        return tables;
      }
    }
  }

  private void change(String... statements) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement();
        PreparedStatement forget =
            connection.prepareStatement("DELETE FROM cachetide.slot_progress WHERE slot = ?")) {
      for (String sql : statements) {
        statement.execute(sql);
      }
      forget.setString(1, names.slot());
      forget.executeUpdate();
      connection.commit();
    } finally {
      if (!connection.isClosed()) {
        connection.rollback();
        connection.setAutoCommit(true);
      }
    }
  }

  private String quotedName() {
    return Identifiers.quoted(names.publication());
  }

  private static String list(Collection<TableName> tables) {
    return tables.stream().map(Identifiers::quoted).collect(Collectors.joining(", "));
  }

  private record Flags(boolean exists, boolean allTables, boolean complete) {}
}
