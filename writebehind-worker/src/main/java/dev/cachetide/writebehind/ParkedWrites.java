package dev.cachetide.writebehind;

import dev.cachetide.WritePublisher;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.runtime.settings.WriteTableSettings;
import dev.cachetide.wire.MalformedCommandException;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.wire.WriteCommandCodec;
import dev.cachetide.writebehind.ParkedWrite.Kind;
import dev.cachetide.writebehind.ParkedWrite.State;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * One pipeline's dead letters and conflicts, for an operator to list, read, correct, send again or
 * discard.
 *
 * <p>A write that was resolved stays as a record and cannot be resolved again. Each call opens a
 * connection of its own and locks the one row it changes, so that of two operators the second sees
 * what the first has done. Safe for concurrent use.
 */
public final class ParkedWrites {

  /** The most that one page lists. */
  public static final int MAX_PAGE = 1_000;

  private static final long PUBLISH_LIMIT_SECONDS = 60;

  private final PostgresConnector connector;
  private final List<WriteTableSettings> listed;
  private final ParkedWriteRows rows;

  /**
   * Connects to nothing yet.
   *
   * @param writes the tables that are listed for writes, against which a correction is checked
   */
  public ParkedWrites(
      PipelineNames names, PostgresSettings postgres, List<WriteTableSettings> writes) {
    this.connector = new PostgresConnector(postgres, "cachetide parked writes");
    this.listed = List.copyOf(writes);
    this.rows = new ParkedWriteRows(names.writeBehindGroup());
  }

  /**
   * A page of those that match, latest first, without their commands.
   *
   * @param before the page begins below this id: {@link Long#MAX_VALUE} for the first page, the
   *     last one's last id for the next
   * @param limit 1 to {@link #MAX_PAGE}
   * @throws SQLException when Postgres does not answer
   */
  public List<ParkedWrite> list(ParkedFilter filter, long before, int limit) throws SQLException {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new IllegalArgumentException("a page has 1 to " + MAX_PAGE + " writes");
    }
    try (Connection connection = connector.connect()) {
      return rows.list(connection, filter, before, limit);
    }
  }

  /**
   * One of them with its command; empty when there is none of this id.
   *
   * @throws SQLException when Postgres does not answer
   */
  public Optional<ParkedWrite> read(Kind kind, long id) throws SQLException {
    try (Connection connection = connector.connect()) {
      return rows.find(connection, kind, id, false);
    }
  }

  /**
   * Puts another command in its place; it stays parked.
   *
   * @param command UTF-8 JSON as {@code docs/writes.md} describes it
   * @throws ParkedWriteException when it is not parked, or the new command is none that its table
   *     could take; nothing was changed
   * @throws SQLException when Postgres does not answer
   */
  public void fix(Kind kind, long id, byte[] command) throws ParkedWriteException, SQLException {
    resolving(
        (connection) -> {
          parked(connection, kind, id);
          WriteCommand checked = checked(connection, command);
          rows.replace(connection, kind, id, command, checked.table().toString());
          return id;
        });
  }

  /**
   * Publishes it again as a new write, with one effect however often this is called: under the
   * writer's own id where it has one, so that the writer's own retries count too, else under {@code
   * replay-<id>}, of a conflict {@code replay-conflict-<id>}. If the write is refused again, it is
   * parked again, as another.
   *
   * @return where Kafka put it; should the call fail after that, the write stays parked and can be
   *     replayed again
   * @throws ParkedWriteException when it is not parked, or its command cannot be read; nothing was
   *     published
   * @throws SQLException when Postgres does not answer
   * @throws KafkaException when Kafka does not accept it in time
   */
  public WritePublisher.Accepted replay(Kind kind, long id, WritePublisher publisher)
      throws ParkedWriteException, SQLException {
    return resolving(
        connection -> {
          WriteCommand command = command(parked(connection, kind, id).command());
          String name = (kind == Kind.CONFLICT ? "replay-conflict-" : "replay-") + id;
          WritePublisher.Accepted accepted =
              answer(publisher, command.id() == null ? command.withId(name) : command);
          rows.resolve(connection, kind, id, State.REPLAYED);
          return accepted;
        });
  }

  /**
   * Decides that it is not to be applied.
   *
   * @throws ParkedWriteException when it is not parked
   * @throws SQLException when Postgres does not answer
   */
  public void discard(Kind kind, long id) throws ParkedWriteException, SQLException {
    resolving(
        connection -> {
          parked(connection, kind, id);
          rows.resolve(connection, kind, id, State.DISCARDED);
          return id;
        });
  }

  private <T> T resolving(Step<T> step) throws ParkedWriteException, SQLException {
    try (Connection connection = connector.connect()) {
      connection.setAutoCommit(false);
      T result = step.run(connection);
      connection.commit();
      return result;
    }
  }

  private ParkedWrite parked(Connection connection, Kind kind, long id)
      throws ParkedWriteException, SQLException {
    ParkedWrite found =
        rows.find(connection, kind, id, true)
            .orElseThrow(() -> new ParkedWriteException("there is no parked write " + id));
    if (found.state() != State.PARKED) {
      throw new ParkedWriteException(
          "write " + id + " was " + (found.state() == State.REPLAYED ? "replayed" : "discarded"));
    }
    return found;
  }

  private WriteCommand checked(Connection connection, byte[] bytes)
      throws ParkedWriteException, SQLException {
    WriteCommand command = command(bytes);
    try {
      new CommandPlanner(new WriteCatalogQuery(listed).load(connection).catalog(listed))
          .plan(command);
    } catch (MisfitException e) {
      throw new ParkedWriteException(String.valueOf(e.getMessage()));
    }
    return command;
  }

  private static WriteCommand command(byte @Nullable [] bytes) throws ParkedWriteException {
    if (bytes == null) {
      throw new ParkedWriteException("record without a value");
    }
    try {
      return WriteCommandCodec.decode(bytes);
    } catch (MalformedCommandException e) {
      throw new ParkedWriteException(String.valueOf(e.getMessage()));
    }
  }

  private static WritePublisher.Accepted answer(WritePublisher publisher, WriteCommand command) {
    try {
      return publisher.publish(command).get(PUBLISH_LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
    } catch (TimeoutException e) {
      throw new org.apache.kafka.common.errors.TimeoutException("no answer from Kafka", e);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  /** Something to do in one transaction; whatever it throws undoes it. */
  private interface Step<T> {
    T run(Connection connection) throws ParkedWriteException, SQLException;
  }
}
