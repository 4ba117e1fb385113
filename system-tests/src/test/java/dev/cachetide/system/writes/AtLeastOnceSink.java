package dev.cachetide.system.writes;

import dev.cachetide.wire.WriteCommand;
import dev.cachetide.wire.WriteCommandCodec;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The control: applies the same commands in order, in one transaction for each poll, and commits
 * the offsets in Kafka once Postgres has committed. What most sinks do; a death between the two
 * makes a batch come twice.
 */
final class AtLeastOnceSink {

  private AtLeastOnceSink() {}

  /** Arguments: bootstrap servers, topic, JDBC URL. */
  public static void main(String[] arguments) throws Exception {
    try (KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(
                Map.of(
                    "bootstrap.servers", arguments[0],
                    "group.id", "at-least-once",
                    "enable.auto.commit", "false",
                    "auto.offset.reset", "earliest",
                    "session.timeout.ms", "2000",
                    "heartbeat.interval.ms", "500"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        Connection connection =
            DriverManager.getConnection(arguments[2] + "&stringtype=unspecified", "postgres", "")) {
      connection.setAutoCommit(false);
      consumer.subscribe(Set.of(arguments[1]));
      while (true) {
        ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofMillis(100));
        if (!polled.isEmpty()) {
          for (ConsumerRecord<byte[], byte[]> record : polled) {
            apply(connection, WriteCommandCodec.decode(record.value()));
          }
          connection.commit();
          consumer.commitSync();
        }
      }
    }
  }

  private static void apply(Connection connection, WriteCommand command) throws SQLException {
    Savepoint before = connection.setSavepoint();
    try {
      write(connection, command);
    } catch (SQLException e) {
      // refused: a sink would park it
      connection.rollback(before);
    }
    connection.releaseSavepoint(before);
  }

  private static void write(Connection connection, WriteCommand command) throws SQLException {
    String table = command.table().table();
    if (command instanceof WriteCommand.Delete) {
      execute(connection, "DELETE FROM " + table, command, Map.of());
    } else if (command instanceof WriteCommand.Delta delta) {
      execute(
          connection, "UPDATE " + table + " SET " + list(delta.add(), true), command, delta.add());
    } else if (command instanceof WriteCommand.Update update) {
      execute(
          connection,
          "UPDATE " + table + " SET " + list(update.set(), false),
          command,
          update.set());
    } else if (command instanceof WriteCommand.Insert insert) {
      insert(connection, command, insert.set());
    } else if (command instanceof WriteCommand.Upsert upsert) {
      String update = "UPDATE " + table + " SET " + list(upsert.set(), false);
      if (execute(connection, update, command, upsert.set()) == 0) {
        insert(connection, command, upsert.set());
      }
    }
  }

  private static String list(Map<String, ?> columns, boolean add) {
    return columns.keySet().stream()
        .map(column -> column + " = " + (add ? column + " + ?" : "?"))
        .collect(Collectors.joining(", "));
  }

  private static int execute(
      Connection connection, String sql, WriteCommand command, Map<String, ?> columns)
      throws SQLException {
    String where =
        command.key().keySet().stream()
            .map(column -> column + " = ?")
            .collect(Collectors.joining(" AND ", " WHERE ", ""));
    List<Object> values = new ArrayList<>(columns.values());
    values.addAll(command.key().values());
    return execute(connection, sql + where, values);
  }

  private static void insert(Connection connection, WriteCommand command, Map<String, ?> set)
      throws SQLException {
    List<String> names = new ArrayList<>(command.key().keySet());
    names.addAll(set.keySet());
    List<Object> values = new ArrayList<>(command.key().values());
    values.addAll(set.values());
    String marks = names.stream().map(name -> "?").collect(Collectors.joining(","));
    String columns = String.join(",", names);
    execute(
        connection,
        "INSERT INTO " + command.table().table() + " (" + columns + ") VALUES (" + marks + ")",
        values);
  }

  private static int execute(Connection connection, String sql, List<Object> values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.size(); i++) {
        statement.setString(i + 1, Tables.text(values.get(i)));
      }
      return statement.executeUpdate();
    }
  }
}
