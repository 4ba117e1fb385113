package dev.cachetide.cli.parked;

import dev.cachetide.cli.parked.LetterFilter.Source;
import dev.cachetide.runtime.settings.PipelineSettings;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything that one pipeline has set aside, under one kind of name: refused write commands and
 * conflicts, which stand in Postgres, and records that could not be read, which stand in the
 * dead-letter topic. To list, read, put right, send again or discard.
 *
 * <p>What was resolved stays as a record and cannot be resolved again, so that of two operators the
 * second is told what the first has done. Nothing that is returned quotes a row's value unless
 * values were asked for. Safe for concurrent use, one call at a time.
 *
 * <p>Every method throws {@link SQLException} when Postgres does not answer and {@link
 * org.apache.kafka.common.KafkaException} when Kafka does not.
 */
public final class DeadLetters implements AutoCloseable {

  private static final Comparator<Letter> NEWEST_FIRST =
      Comparator.comparing(Letter::at)
          .thenComparing(letter -> letter.id().source())
          .thenComparing(DeadLetters::place)
          .reversed();

  private final WriteLetters writes;
  private final EventLetters events;

  /**
   * Opens the clients; no server is contacted yet.
   *
   * @param settings must name Postgres and Kafka
   */
  public DeadLetters(PipelineSettings settings) {
    writes = new WriteLetters(settings);
    events = new EventLetters(settings);
  }

  /**
   * Those that match, newest first.
   *
   * @param limit at most so many, 1 or more
   */
  public synchronized List<Letter> list(LetterFilter filter, int limit)
      throws SQLException, InterruptedException {
    List<Letter> letters = new ArrayList<>(writes.list(filter, limit));
    if (filter.sources().contains(Source.EVENTS)) {
      letters.addAll(events.list(filter, limit));
    }
    return letters.stream().sorted(NEWEST_FIRST).limit(limit).toList();
  }

  /** How many records that could not be read nobody has dealt with. */
  public synchronized long parkedEvents() throws SQLException, InterruptedException {
    return events.parked();
  }

  /**
   * One of them, whole; empty when there is none of this id.
   *
   * @param values whether rows' values may be told
   */
  public synchronized Optional<LetterDetail> read(LetterId id, boolean values)
      throws SQLException, InterruptedException {
    return id instanceof LetterId.Row row
        ? writes.read(row, values)
        : events.read((LetterId.Event) id, values);
  }

  /**
   * Sends it again: a write command as a new write, under an id by which it takes effect once
   * however often this is called; a record to the topic that it came from, for which the worker
   * evicts again. What is refused again is set aside again, as another.
   *
   * @throws LetterException when it is not parked, or cannot be sent again; nothing was published
   */
  public synchronized Replayed replay(LetterId id)
      throws SQLException, LetterException, InterruptedException {
    return id instanceof LetterId.Row row ? writes.replay(row) : events.replay((LetterId.Event) id);
  }

  /**
   * Puts another command in a write's place; it stays parked.
   *
   * @throws LetterException when it is no parked write, or the table could not take the command
   */
  public synchronized void fix(LetterId id, byte[] command) throws SQLException, LetterException {
    writes.fix(row(id), command);
  }

  /**
   * Puts other values in a write's command; it stays parked.
   *
   * @param values by column, as JSON or as plain text
   * @param base the version that its writer is to have seen; null to leave that as it is
   * @throws LetterException when it is no parked write, or the table could not take the command
   */
  public synchronized void fix(LetterId id, Map<String, String> values, @Nullable String base)
      throws SQLException, LetterException {
    writes.fix(row(id), values, base);
  }

  /**
   * Decides that nothing is to be done about it.
   *
   * @throws LetterException when it is not parked
   */
  public synchronized void discard(LetterId id)
      throws SQLException, LetterException, InterruptedException {
    if (id instanceof LetterId.Row row) {
      writes.discard(row);
    } else {
      events.discard((LetterId.Event) id);
    }
  }

  private static LetterId.Row row(LetterId id) throws LetterException {
    if (id instanceof LetterId.Row row) {
      return row;
    }
    throw new LetterException("is no write command: there is nothing in it to put right");
  }

  private static long place(Letter letter) {
    return letter.id() instanceof LetterId.Row row
        ? row.id()
        : ((LetterId.Event) letter.id()).offset();
  }

  @Override
  public synchronized void close() {
    writes.close();
    events.close();
  }
}
