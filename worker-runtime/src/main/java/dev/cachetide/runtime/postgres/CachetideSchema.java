package dev.cachetide.runtime.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The schema {@code cachetide} in the user's database.
 *
 * <p>Installing is idempotent and safe to do from several programs at once: an advisory lock lets
 * one work and the others then find its result. A schema of this version or a later one is left
 * alone, so a program whose role may not create anything runs once someone else has installed it.
 */
public final class CachetideSchema {

  /** What this program needs. */
  public static final int VERSION = 5;

  private static final Pattern MARK = Pattern.compile("Cachetide schema (\\d{1,6})");

  /** "cachetid" in ASCII. */
  private static final long LOCK = 0x6361636865746964L;

  private CachetideSchema() {}

  /**
   * Creates what is missing.
   *
   * @param connection in autocommit mode, and left so
   * @throws SQLException when the server is away or the role may not create the schema
   */
  public static void install(Connection connection) throws SQLException {
    if (installedVersion(connection) >= VERSION) {
      return;
    }
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_advisory_xact_lock(" + LOCK + ")");
      if (installedVersion(connection) < VERSION) {
        statement.execute(script());
      }
      connection.commit();
    } finally {
      if (!connection.isClosed()) {
        connection.rollback();
        connection.setAutoCommit(true);
      }
    }
  }

  /**
   * What stands in the database; 0 when there is none.
   *
   * @throws SQLException when the server is away
   */
  public static int installedVersion(Connection connection) throws SQLException {
    String sql = "SELECT obj_description(to_regnamespace('cachetide')::oid, 'pg_namespace')";
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      String comment = result.getString(1);
      if (comment == null) {
        return 0;
      }
      Matcher mark = MARK.matcher(comment);
      return mark.matches() ? Integer.parseInt(mark.group(1)) : 0;
    }
  }

  private static String script() {
    try (InputStream in = CachetideSchema.class.getResourceAsStream("schema.sql")) {
      if (in == null) {
        throw new IllegalStateException("schema.sql is missing from the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
