package dev.cachetide.cli.doctor;

import dev.cachetide.cli.doctor.Finding.Section;
import dev.cachetide.invalidation.RedisFacts;
import dev.cachetide.invalidation.RedisFactsQuery;
import dev.cachetide.runtime.Advice;
import dev.cachetide.runtime.KafkaAdvice;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.RuleSettings;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the servers that a configuration names. One that does not answer is a finding, and the
 * others are looked at all the same. Changes nothing.
 */
public final class Doctor {

  private final PipelineSettings settings;
  private final Set<Program> programs;
  private final List<NewTopic> topics;
  private final Catalogue catalogue;
  private final Consumer<Section> beginning;
  private final Clocks clocks = new Clocks();
  private @Nullable Set<String> certified;

  /**
   * Looks at nothing yet.
   *
   * @param programs that the user of the configuration is for
   * @param topics as they would be made
   * @param catalogue what is wrong with rules and tables
   * @param beginning is told which server is asked next
   */
  public Doctor(
      PipelineSettings settings,
      Set<Program> programs,
      List<NewTopic> topics,
      Catalogue catalogue,
      Consumer<Section> beginning) {
    this.settings = settings;
    this.programs = Set.copyOf(programs);
    this.topics = List.copyOf(topics);
    this.catalogue = catalogue;
    this.beginning = beginning;
  }

  /** Everything that there is to say, section by section. */
  public List<Finding> examine() throws InterruptedException {
    List<Finding> findings = new ArrayList<>();
    if (settings.postgres() != null) {
      findings.addAll(postgres());
    }
    if (settings.kafka() != null) {
      findings.addAll(kafka());
    }
    if (settings.redis() != null) {
      findings.addAll(redis());
    }
    Report report = new Report(Section.CLOCKS);
    clocks.look(report);
    findings.addAll(report.findings());
    return findings;
  }

  private List<Finding> postgres() {
    beginning.accept(Section.POSTGRES);
    Report report = new Report(Section.POSTGRES);
    PostgresConnector connector =
        new PostgresConnector(Objects.requireNonNull(settings.postgres()), "cachetide-doctor");
    try (Connection connection = connector.connect()) {
      PostgresFacts facts =
          new PostgresFactsQuery(connection)
              .load(settings.names(), Program.needs(programs, settings).keySet());
      certified = facts.certified();
      clocks.told("Postgres", facts.aheadMillis());
      new PostgresChecks(settings, programs).all().forEach(check -> check.look(facts, report));
      new GrantChecks(settings, programs).all().forEach(check -> check.look(facts, report));
      catalogue(report);
    } catch (SQLException e) {
      report.fail(
          "connection",
          "Postgres does not answer as hoped: " + e.getMessage(),
          Advice.of(e).orElse("start it, or correct the section postgres"));
    }
    return report.findings();
  }

  private void catalogue(Report report) throws SQLException {
    List<Problem> problems = catalogue.problems();
    problems.forEach(
        each ->
            report.fail(
                "catalogue", each.file() + ": " + each.path() + ": " + each.message(), each.fix()));
    if (problems.isEmpty()) {
      report.ok("catalogue", "rules, writes, publication and replica identities agree");
    }
  }

  private List<Finding> kafka() {
    beginning.accept(Section.KAFKA);
    Report report = new Report(Section.KAFKA);
    KafkaSettings kafka = Objects.requireNonNull(settings.kafka());
    try {
      KafkaFacts facts =
          KafkaFactsQuery.load(
              new KafkaClients(kafka),
              settings.names(),
              topics.stream().map(NewTopic::name).toList());
      if (facts.aheadMillis() != null) {
        clocks.told("Kafka's controller", facts.aheadMillis());
      }
      new KafkaChecks(settings, programs, topics).all().forEach(check -> check.look(facts, report));
      if (settings.invalidation().source() == Source.DEBEZIUM) {
        new ConnectorChecks(settings).look(report);
      }
    } catch (KafkaException e) {
      report.fail(
          "connection",
          "Kafka does not answer as hoped: " + reason(e),
          new KafkaAdvice(kafka).toward(e).orElse("start it, or correct the section kafka"));
    }
    return report.findings();
  }

  private List<Finding> redis() throws InterruptedException {
    beginning.accept(Section.REDIS);
    Report report = new Report(Section.REDIS);
    try (RedisFactsQuery query = new RedisFactsQuery(Objects.requireNonNull(settings.redis()))) {
      RedisFacts facts =
          query.load(
              settings.names().invalidationChannel(),
              keys(),
              refreshes(),
              !settings.writes().isEmpty());
      facts
          .servers()
          .forEach(
              server -> {
                if (server.aheadMillis() != null) {
                  clocks.told("Redis " + server.name(), server.aheadMillis());
                }
              });
      new RedisChecks(settings, certified).all().forEach(check -> check.look(facts, report));
    } catch (IOException | IllegalArgumentException e) {
      report.fail(
          "connection",
          "Redis does not answer as hoped: " + e.getMessage(),
          Advice.of(e).orElse("start it, or correct redis.url"));
    }
    return report.findings();
  }

  /** A key for each template, with one value for every column: nobody's, most likely. */
  private List<String> keys() {
    return settings.rules().stream()
        .flatMap(rule -> rule.evict().stream())
        .filter(each -> each.kind() == RuleSettings.Kind.KEY)
        .map(each -> each.template().replaceAll("\\{[^}]*}", "cachetide-doctor"))
        .distinct()
        .toList();
  }

  private boolean refreshes() {
    return settings.rules().stream().anyMatch(rule -> !rule.refresh().isEmpty());
  }

  private static String reason(KafkaException e) {
    Throwable cause = e.getCause();
    return e.getMessage() + (cause == null ? "" : ": " + cause.getMessage());
  }

  /** Rules and writes held against the live catalogue. */
  public interface Catalogue {
    /** Every problem. */
    List<Problem> problems() throws SQLException;
  }
}
