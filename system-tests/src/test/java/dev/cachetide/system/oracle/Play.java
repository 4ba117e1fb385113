package dev.cachetide.system.oracle;

import dev.cachetide.system.oracle.Change.Row;
import dev.cachetide.system.oracle.Script.Statement;
import dev.cachetide.system.oracle.Script.Step;
import dev.cachetide.system.oracle.Script.Transaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A script on the database, with the oracle watching each statement. */
final class Play {

  private final Connection connection;
  private final Eye eye;
  private final List<OracleRule> rules;
  private final boolean rehearsal;

  /** Every name that any row state came to, committed or not. */
  private final Map<Template, Set<String>> seen = new HashMap<>();

  private List<Map<Integer, Row>> rows;

  private Play(Connection connection, Eye eye, List<OracleRule> rules, boolean rehearsal)
      throws SQLException {
    this.connection = connection;
    this.eye = eye;
    this.rules = rules;
    this.rehearsal = rehearsal;
    this.rows = rules.isEmpty() ? List.of() : eye.look();
  }

  /** Plays it for good, unwatched. */
  static void perform(Connection connection, Script script) throws SQLException {
    Verdict unused = new Play(connection, null, List.of(), false).run(script);
  }

  /** Plays it and takes it back: the names of all row states that it passes through. */
  static Map<Template, Set<String>> rehearse(
      Connection connection, Eye eye, List<OracleRule> rules, Script script) throws SQLException {
    Play play = new Play(connection, eye, rules, true);
    play.seeAll();
    play.run(script);
    connection.rollback();
    return play.seen;
  }

  /** Plays it for good: what must go. */
  static Verdict perform(Connection connection, Eye eye, List<OracleRule> rules, Script script)
      throws SQLException {
    return new Play(connection, eye, rules, false).run(script);
  }

  private Verdict run(Script script) throws SQLException {
    Verdict verdict = Verdict.none();
    for (Transaction transaction : script.transactions()) {
      List<Map<Integer, Row>> before = rows;
      Savepoint savepoint = rehearsal ? connection.setSavepoint() : null;
      Verdict changes = transaction(transaction);
      if (transaction.rolledBack()) {
        rows = before;
        if (rehearsal) {
          connection.rollback(savepoint);
        } else {
          connection.rollback();
        }
      } else {
        verdict.add(changes);
        verdict.lookups().search(rows, verdict);
        if (!rehearsal) {
          connection.commit();
        }
      }
    }
    return verdict;
  }

  private Verdict transaction(Transaction transaction) throws SQLException {
    Verdict verdict = Verdict.none();
    for (Step step : transaction.steps()) {
      List<Map<Integer, Row>> before = rows;
      Savepoint savepoint = connection.setSavepoint();
      Verdict changes = Verdict.none();
      for (Statement statement : step.statements()) {
        changes.add(statement(statement));
      }
      if (step.undone()) {
        connection.rollback(savepoint);
        rows = before;
      } else {
        verdict.add(changes);
      }
    }
    return verdict;
  }

  private Verdict statement(Statement statement) throws SQLException {
    Verdict verdict = Verdict.none();
    Savepoint savepoint = connection.setSavepoint();
    try (java.sql.Statement sql = connection.createStatement()) {
      sql.execute(statement.sql());
    } catch (SQLException e) {
      if (!e.getSQLState().startsWith("23") && !e.getSQLState().equals("0A000")) {
        throw e;
      }
      // A constraint refuses it, as scripts by chance will have it: then nothing happened.
      connection.rollback(savepoint);
      return verdict;
    }
    if (rules.isEmpty()) {
      return verdict;
    }
    List<Map<Integer, Row>> after = eye.look();
    if (statement.emptied().isEmpty()) {
      eye.changes(rows, after).forEach(change -> judge(change, verdict));
    } else {
      statement
          .emptied()
          .forEach(table -> judge(new Change(table, Change.TRUNCATE, null, null), verdict));
    }
    rows = after;
    return verdict;
  }

  private void seeAll() {
    for (OracleRule rule : rules) {
      for (Row row : rows.get(rule.number()).values()) {
        Change none = new Change(rule.number(), "none", row, row);
        rule.templates().forEach(template -> see(template, none));
      }
    }
  }

  private void judge(Change change, Verdict verdict) {
    for (OracleRule rule : rules) {
      if (rule.number() == change.table()) {
        verdict.judge(rule, change);
        rule.templates().forEach(each -> see(each, change));
      }
    }
  }

  private void see(Template template, Change change) {
    if (change.old() != null || change.now() != null) {
      Set<String> names = Verdict.names(seen, template);
      names.addAll(template.names(change.old(), change.now()));
      if (change.old() != null) {
        names.addAll(template.names(change.old(), change.old()));
      }
      if (change.now() != null) {
        names.addAll(template.names(change.now(), change.now()));
      }
    }
  }
}
