package dev.cachetide.cli.look;

import dev.cachetide.cli.parked.DeadLetters;
import dev.cachetide.runtime.settings.PipelineSettings;
import java.sql.SQLException;

/**
 * Counts the records of the dead-letter topic that nobody has dealt with. Kafka has the records and
 * Postgres what was done about them, so both must answer.
 */
public final class LettersLook implements Source.Question<Long>, AutoCloseable {

  private final DeadLetters letters;

  /**
   * Opens the clients; no server is contacted yet.
   *
   * @param settings must name Postgres and Kafka
   */
  public LettersLook(PipelineSettings settings) {
    letters = new DeadLetters(settings);
  }

  @Override
  public Long ask() throws SQLException, InterruptedException {
    return letters.parkedEvents();
  }

  @Override
  public String describe(Exception failure) {
    return failure instanceof SQLException
        ? "Postgres does not tell which dead letters were dealt with"
        : "Kafka does not tell of the dead-letter topic";
  }

  @Override
  public void close() {
    letters.close();
  }
}
