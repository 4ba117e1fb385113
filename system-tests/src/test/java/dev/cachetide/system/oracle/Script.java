package dev.cachetide.system.oracle;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What a case does to its tables. */
record Script(List<Transaction> transactions) {

  /** Committed or rolled back. */
  record Transaction(List<Step> steps, boolean rolledBack) {}

  /** Between two savepoints, kept or undone. */
  record Step(List<Statement> statements, boolean undone) {}

  /**
   * One statement, which may fail: the transaction goes on without it.
   *
   * @param emptied numbers of the tables that it empties
   */
  record Statement(String sql, Set<Integer> emptied) {}

  /** In order, to be repeated by hand. */
  @Override
  public String toString() {
    return transactions.stream().map(Script::text).collect(Collectors.joining());
  }

  private static String text(Transaction transaction) {
    StringBuilder text = new StringBuilder("BEGIN;\n");
    for (Step step : transaction.steps) {
      text.append(step.undone ? "  SAVEPOINT s;\n" : "");
      step.statements.forEach(each -> text.append("  ").append(each.sql).append(";\n"));
      text.append(step.undone ? "  ROLLBACK TO s;\n" : "");
    }
    return text.append(transaction.rolledBack ? "ROLLBACK;\n" : "COMMIT;\n").toString();
  }
}
