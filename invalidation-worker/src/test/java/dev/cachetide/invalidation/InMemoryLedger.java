package dev.cachetide.invalidation;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** The notes, and a Postgres that can be taken away. */
final class InMemoryLedger implements RuleChange.Ledger {

  final Map<TopicPartition, String> notes = new HashMap<>();
  int bumps;
  boolean away;

  @Override
  public Map<TopicPartition, String> noted() throws SQLException {
    answer();
    return Map.copyOf(notes);
  }

  @Override
  public void note(Map<TopicPartition, String> fingerprints) throws SQLException {
    answer();
    notes.putAll(fingerprints);
  }

  @Override
  public void bump() throws SQLException {
    answer();
    bumps++;
  }

  @Override
  public void bumpAndNote(Map<TopicPartition, String> fingerprints) throws SQLException {
    bump();
    note(fingerprints);
  }

  private void answer() throws SQLException {
    if (away) {
      throw new SQLException("away", "08006");
    }
  }
}
