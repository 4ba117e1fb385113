package dev.cachetide.runtime.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.postgres.VisibilityGate.Passage;
import dev.cachetide.runtime.postgres.VisibilityGate.Verdict;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class VisibilityGateTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  @Test
  void it_looks_again_until_every_transaction_is_visible() {
    ScriptedSnapshots snapshots = new ScriptedSnapshots("7:9:7", "8:9:8", "9:9:");
    Passage passage = new VisibilityGate(snapshots).await(List.of(7L, 8L), LONG, () -> false);
    assertThat(passage.verdict()).isEqualTo(Verdict.VISIBLE);
    assertThat(passage.snapshot()).hasToString("9:9:");
    assertThat(snapshots.looks).isEqualTo(3);
  }

  @Test
  void past_the_limit_it_says_so_with_the_latest_snapshot() {
    ScriptedSnapshots snapshots = new ScriptedSnapshots("7:9:7");
    Passage passage =
        new VisibilityGate(snapshots).await(List.of(7L), Duration.ofMillis(3), () -> false);
    assertThat(passage.verdict()).isEqualTo(Verdict.LIMIT);
    assertThat(passage.snapshot()).hasToString("7:9:7");
    assertThat(passage.waited()).isGreaterThanOrEqualTo(Duration.ofMillis(3));
  }

  @Test
  void a_visible_batch_passes_even_when_a_stop_was_asked_for() {
    ScriptedSnapshots snapshots = new ScriptedSnapshots("9:9:");
    Passage passage = new VisibilityGate(snapshots).await(List.of(7L), LONG, () -> true);
    assertThat(passage.verdict()).isEqualTo(Verdict.VISIBLE);
  }

  @Test
  void it_stops_when_asked() {
    ScriptedSnapshots snapshots = new ScriptedSnapshots("7:9:7");
    Passage passage = new VisibilityGate(snapshots).await(List.of(7L), LONG, () -> true);
    assertThat(passage.verdict()).isEqualTo(Verdict.STOPPED);
  }

  @Test
  void it_stops_when_interrupted_and_keeps_the_interrupt() {
    Thread.currentThread().interrupt();
    Passage passage =
        new VisibilityGate(new ScriptedSnapshots("7:9:7")).await(List.of(7L), LONG, () -> false);
    assertThat(passage.verdict()).isEqualTo(Verdict.STOPPED);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void a_failing_server_is_not_yet_visible_and_is_connected_again() {
    ScriptedSnapshots snapshots = new ScriptedSnapshots("fail", "fail", "9:9:");
    Passage passage = new VisibilityGate(snapshots).await(List.of(7L), LONG, () -> false);
    assertThat(passage.verdict()).isEqualTo(Verdict.VISIBLE);
    assertThat(snapshots.closes).isEqualTo(2);
  }

  @Test
  void a_batch_without_transactions_needs_no_look() {
    ScriptedSnapshots snapshots = new ScriptedSnapshots();
    Passage passage = new VisibilityGate(snapshots).await(List.of(), LONG, () -> false);
    assertThat(passage.verdict()).isEqualTo(Verdict.VISIBLE);
    assertThat(snapshots.looks).isZero();
  }

  /**
   * Gives the texts one after another, the last one for ever; {@code fail} is a lost connection.
   */
  private static final class ScriptedSnapshots implements VisibilityGate.SnapshotSource {

    private final Deque<String> script;
    private int looks;
    private int closes;

    private ScriptedSnapshots(String... script) {
      this.script = new ArrayDeque<>(List.of(script));
    }

    @Override
    public Snapshot current() throws SQLException {
      looks++;
      String text = script.size() > 1 ? script.pop() : script.element();
      if (text.equals("fail")) {
        throw new SQLException("connection lost", "08006");
      }
      return Snapshot.parse(text);
    }

    @Override
    public void close() {
      closes++;
    }
  }
}
