package dev.cachetide.cli.parked;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cachetide.WritePublisher;
import dev.cachetide.cli.parked.LetterFilter.Source;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.wire.Traceparent;
import dev.cachetide.writebehind.ParkedFilter;
import dev.cachetide.writebehind.ParkedWrite;
import dev.cachetide.writebehind.ParkedWrite.Kind;
import dev.cachetide.writebehind.ParkedWriteException;
import dev.cachetide.writebehind.ParkedWrites;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The write commands among what was set aside. */
final class WriteLetters implements AutoCloseable {

  private static final String INSTALLED =
      "SELECT to_regclass('cachetide.dead_letter') IS NOT NULL"
          + " AND to_regclass('cachetide.conflict') IS NOT NULL";

  /** An operator may always write, however many writes wait. */
  private static final long NO_BACKLOG = 0;

  private final PipelineSettings settings;
  private final PostgresConnector postgres;
  private final ParkedWrites parked;
  private @Nullable WritePublisher publisher;

  WriteLetters(PipelineSettings settings) {
    PostgresSettings server = Objects.requireNonNull(settings.postgres(), "postgres");
    this.settings = settings;
    postgres = new PostgresConnector(server, "cachetide-dead-letters");
    parked = new ParkedWrites(settings.names(), server, settings.writes());
  }

  List<Letter> list(LetterFilter filter, int limit) throws SQLException {
    List<Letter> letters = new ArrayList<>();
    if (installed()) {
      for (Source source : filter.sources()) {
        if (source != Source.EVENTS) {
          letters.addAll(list(parkedFilter(kind(source), filter), limit));
        }
      }
    }
    return letters;
  }

  private List<Letter> list(ParkedFilter filter, int limit) throws SQLException {
    List<Letter> letters = new ArrayList<>();
    long before = Long.MAX_VALUE;
    boolean more = true;
    while (more && letters.size() < limit) {
      int size = Math.min(ParkedWrites.MAX_PAGE, limit - letters.size());
      List<ParkedWrite> page = parked.list(filter, before, size);
      page.forEach(
          write -> letters.add(letter(write, ShownReason.of(write.reason(), write.sqlState()))));
      more = page.size() == size;
      before = page.isEmpty() ? before : page.get(page.size() - 1).id();
    }
    return letters;
  }

  /** Empty when there is none of that id. */
  Optional<LetterDetail> read(LetterId.Row id, boolean values) throws SQLException {
    return installed()
        ? parked.read(id.kind(), id.id()).map(write -> detail(write, values))
        : Optional.empty();
  }

  /** Publishes it again. */
  Replayed replay(LetterId.Row id) throws SQLException, LetterException {
    try {
      WritePublisher.Accepted accepted = parked.replay(id.kind(), id.id(), publisher());
      return new Replayed(
          id, settings.names().writeTopic(), accepted.partition(), accepted.offset());
    } catch (ParkedWriteException e) {
      throw refused(e);
    }
  }

  /** Puts a command in its place. */
  void fix(LetterId.Row id, byte[] command) throws SQLException, LetterException {
    try {
      parked.fix(id.kind(), id.id(), command);
    } catch (ParkedWriteException e) {
      throw refused(e);
    }
  }

  /** Puts other values in its command. */
  void fix(LetterId.Row id, Map<String, String> values, @Nullable String base)
      throws SQLException, LetterException {
    ParkedWrite write =
        parked.read(id.kind(), id.id()).orElseThrow(() -> new LetterException("does not exist"));
    fix(id, CommandEdit.of(write.command(), values, base));
  }

  void discard(LetterId.Row id) throws SQLException, LetterException {
    try {
      parked.discard(id.kind(), id.id());
    } catch (ParkedWriteException e) {
      throw refused(e);
    }
  }

  private static LetterException refused(ParkedWriteException e) {
    return new LetterException(String.valueOf(e.getMessage()));
  }

  private synchronized WritePublisher publisher() {
    WritePublisher open = publisher;
    if (open == null) {
      var kafka = Objects.requireNonNull(settings.kafka(), "kafka");
      Map<String, String> properties = new HashMap<>(kafka.common());
      properties.putAll(kafka.producer());
      open = new WritePublisher(settings.names(), properties, NO_BACKLOG);
      publisher = open;
    }
    return open;
  }

  private boolean installed() throws SQLException {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(INSTALLED)) {
      row.next();
      return row.getBoolean(1);
    }
  }

  static LetterDetail detail(ParkedWrite write, boolean values) {
    String reason = values ? write.reason() : ShownReason.of(write.reason(), write.sqlState());
    Map<String, String> facts = new LinkedHashMap<>();
    JsonNode command = Contents.object(write.command());
    if (command != null && command.path("op").isTextual()) {
      facts.put("operation", command.get("op").textValue());
    }
    if (write.writeId() != null) {
      facts.put("write id", write.writeId());
    }
    String trace = Traceparent.traceId(write.traceparent());
    if (trace != null) {
      facts.put("trace", trace);
    }
    if (write.kind() == Kind.CONFLICT && values) {
      facts.put("found", write.found() == null ? "no row" : write.found());
    }
    if (command == null) {
      facts.put("value", write.command() == null ? "none" : "no JSON object");
    }
    return new LetterDetail(
        letter(write, reason),
        facts,
        Contents.fields(write.command(), values),
        values ? Contents.body(write.command()) : null);
  }

  private static Letter letter(ParkedWrite write, String reason) {
    return new Letter(
        new LetterId.Row(write.kind(), write.id()),
        write.parkedAt(),
        write.kind() == Kind.CONFLICT ? Letter.Sort.CONFLICT : Letter.Sort.WRITE,
        write.topic(),
        write.partition(),
        write.offset(),
        write.table(),
        reason,
        write.sqlState(),
        write.state(),
        write.resolvedAt());
  }

  private static Kind kind(Source source) {
    return source == Source.CONFLICTS ? Kind.CONFLICT : Kind.DEAD_LETTER;
  }

  private static ParkedFilter parkedFilter(Kind kind, LetterFilter filter) {
    return new ParkedFilter(
        kind, filter.state(), filter.table(), filter.sqlState(), filter.reason(), filter.since());
  }

  @Override
  public synchronized void close() {
    if (publisher != null) {
      publisher.close();
    }
  }
}
