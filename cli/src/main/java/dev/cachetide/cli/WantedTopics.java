package dev.cachetide.cli;

import dev.cachetide.ingest.ChangeTopics;
import dev.cachetide.runtime.PipelineTopics;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.runtime.settings.PipelineSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * All topics of a pipeline, as its programs would make them. Those that somebody else's Debezium
 * writes to are that one's.
 *
 * @param complete whether the tables that globs match are among them
 */
record WantedTopics(List<NewTopic> topics, boolean complete) {

  WantedTopics {
    topics = List.copyOf(topics);
  }

  static WantedTopics of(PipelineSettings settings) {
    boolean globs = settings.rules().stream().anyMatch(rule -> rule.tables().isGlob());
    if (globs && settings.postgres() != null) {
      try (Connection connection =
          new PostgresConnector(settings.postgres(), "cachetide-topics").connect()) {
        return of(settings, ChangeTopics.now(connection, settings), true);
      } catch (SQLException e) {
        // The tables that globs match are not known then, which the caller is told.
        return of(settings, ChangeTopics.named(settings), false);
      }
    }
    return of(settings, ChangeTopics.named(settings), !globs);
  }

  private static WantedTopics of(PipelineSettings settings, Set<String> changes, boolean complete) {
    List<NewTopic> topics = new ArrayList<>();
    short copies = settings.ingest().replicationFactor();
    if (settings.invalidation().source() == Source.CACHETIDE) {
      changes.forEach(topic -> topics.add(PipelineTopics.change(topic, settings.ingest())));
      topics.add(PipelineTopics.heartbeat(settings.names(), copies));
    }
    topics.add(PipelineTopics.requests(settings.names(), copies));
    if (!settings.writes().isEmpty()) {
      topics.add(PipelineTopics.writes(settings.names().writeTopic(), settings.writebehind()));
      topics.add(
          PipelineTopics.receipts(
              settings.names(), copies, settings.writebehind().receiptRetention()));
    }
    topics.add(PipelineTopics.deadLetters(settings.names().deadLetterTopic()));
    return new WantedTopics(topics, complete);
  }
}
