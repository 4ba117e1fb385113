package dev.cachetide.cli.doctor;

import dev.cachetide.cli.doctor.KafkaFacts.Group;
import dev.cachetide.cli.doctor.KafkaFacts.Topic;
import dev.cachetide.cli.doctor.Report.Check;
import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.writebehind.TopicPolicy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;

/** What is looked at in Kafka. Pure. */
final class KafkaChecks {

  private static final String CLASSIC = "Classic";

  private final PipelineSettings settings;
  private final Set<Program> programs;
  private final List<NewTopic> wanted;

  /**
   * @param wanted the topics as they would be made
   */
  KafkaChecks(PipelineSettings settings, Set<Program> programs, List<NewTopic> wanted) {
    this.settings = settings;
    this.programs = programs;
    this.wanted = wanted.stream().sorted(Comparator.comparing(NewTopic::name)).toList();
  }

  /** All of them; a new one is a line here. */
  List<Check<KafkaFacts>> all() {
    return List.of(this::cluster, this::refusals, this::autoCreate, this::topics, this::groups);
  }

  private void cluster(KafkaFacts facts, Report report) {
    report.ok(
        "cluster",
        facts.brokers()
            + (facts.brokers() == 1 ? " broker" : " brokers")
            + (facts.metadataVersion() == null
                ? ""
                : ", KRaft, metadata.version " + facts.metadataVersion()));
  }

  private void refusals(KafkaFacts facts, Report report) {
    new TreeMap<>(facts.refused())
        .forEach(
            (what, reason) ->
                report.warn(
                    "ACL",
                    "Kafka refuses " + what + ", so that it is not checked: " + reason,
                    "kafka-acls.sh --bootstrap-server "
                        + servers()
                        + " --add --allow-principal User:<user> "
                        + acl(what)));
  }

  /** From {@code Describe of topic x}. */
  private static String acl(String what) {
    String[] words = what.split(" ", 4);
    String resource = words[2].equals("the") ? "--cluster" : "--" + words[2] + " " + words[3];
    return "--operation " + words[0] + " " + resource;
  }

  private void autoCreate(KafkaFacts facts, Report report) {
    if (Boolean.TRUE.equals(facts.autoCreate())) {
      report.warn(
          "auto.create.topics.enable",
          "true: whoever asks for a topic first makes it, with the brokers' defaults",
          "auto.create.topics.enable=false in server.properties, and restart the brokers");
    } else if (facts.autoCreate() != null) {
      report.ok("auto.create.topics.enable", "false");
    }
  }

  private void topics(KafkaFacts facts, Report report) {
    for (NewTopic each : wanted) {
      Topic topic = facts.topics().get(each.name());
      if (topic != null) {
        topic(each, topic, facts, report);
      } else if (!facts.untold().contains("Describe of topic " + each.name())) {
        missing(each, report);
      }
    }
  }

  private void missing(NewTopic wanted, Report report) {
    if (wanted.name().equals(settings.names().deadLetterTopic())) {
      report.ok("topic", wanted.name() + " is made when the first record is parked");
    } else {
      report.warn(
          "topic",
          wanted.name() + " is missing: the program that needs it makes it when it starts",
          "cachetide topics create");
    }
  }

  private void topic(NewTopic wanted, Topic topic, KafkaFacts facts, Report report) {
    int before = report.findings().size();
    partitions(wanted, topic, report);
    copies(wanted, topic, facts, report);
    if (!topic.configs().isEmpty()) {
      cleanup(wanted, topic, report);
      retention(wanted, topic, report);
      timestamps(wanted, topic, report);
    }
    if (report.findings().size() == before) {
      report.ok(
          "topic",
          wanted.name()
              + ": "
              + topic.partitions()
              + (topic.partitions() == 1 ? " partition" : " partitions"));
    }
  }

  private void partitions(NewTopic wanted, Topic topic, Report report) {
    if (topic.partitions() < wanted.numPartitions()) {
      report.warn(
          "partitions",
          wanted.name()
              + " has "
              + topic.partitions()
              + ", and "
              + wanted.numPartitions()
              + " are configured",
          "kafka-topics.sh --bootstrap-server "
              + servers()
              + " --alter --topic "
              + wanted.name()
              + " --partitions "
              + wanted.numPartitions());
    }
  }

  private void copies(NewTopic wanted, Topic topic, KafkaFacts facts, Report report) {
    String least = topic.configs().getOrDefault(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, "1");
    int inSync = Integer.parseInt(least);
    if (topic.copies() < inSync) {
      report.fail(
          "replication",
          wanted.name()
              + " has "
              + topic.copies()
              + " copies, and min.insync.replicas is "
              + inSync
              + ": nothing can be written",
          alter(wanted, TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, String.valueOf(topic.copies())));
    } else if (topic.copies() > 1 && topic.copies() == inSync) {
      report.warn(
          "replication",
          wanted.name()
              + " has as many copies as min.insync.replicas, "
              + inSync
              + ": a broker that is away stops the writes",
          alter(
              wanted,
              TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG,
              String.valueOf(Math.max(1, inSync - 1))));
    } else if (topic.copies() == 1 && isWrites(wanted)) {
      report.warn(
          "replication",
          wanted.name() + " has one copy: accepted writes are lost with one disk",
          facts.brokers() == 1
              ? "run three brokers, and set writebehind.replicationFactor: 3"
              : "kafka-reassign-partitions.sh, to three brokers; and"
                  + " writebehind.replicationFactor: 3");
    }
  }

  private void cleanup(NewTopic wanted, Topic topic, Report report) {
    String policy = topic.configs().getOrDefault(TopicConfig.CLEANUP_POLICY_CONFIG, "");
    if (policy.contains(TopicConfig.CLEANUP_POLICY_COMPACT)) {
      report.fail(
          "cleanup.policy",
          wanted.name()
              + " has "
              + policy
              + ": Kafka removes all records but the last of a key,"
              + (isWrites(wanted) ? " applied or not" : " read or not"),
          alter(wanted, TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE));
    }
  }

  private void retention(NewTopic wanted, Topic topic, Report report) {
    long configured = number(wanted.configs().get(TopicConfig.RETENTION_MS_CONFIG));
    long millis = number(topic.configs().get(TopicConfig.RETENTION_MS_CONFIG));
    long bytes = number(topic.configs().get(TopicConfig.RETENTION_BYTES_CONFIG));
    List<String> warnings = new ArrayList<>();
    if (isWrites(wanted)) {
      warnings.addAll(
          new TopicPolicy("delete", millis, bytes).warnings(settings.writebehind().retention()));
    } else if (millis >= 0 && millis < configured) {
      warnings.add(
          "retention.ms is "
              + millis
              + ", and "
              + configured
              + " is configured: a reader that is away for longer misses records");
    }
    for (String warning : warnings) {
      boolean ofBytes = warning.startsWith(TopicConfig.RETENTION_BYTES_CONFIG);
      report.warn(
          "retention",
          wanted.name() + ": " + warning,
          ofBytes
              ? alter(wanted, TopicConfig.RETENTION_BYTES_CONFIG, "-1")
              : alter(wanted, TopicConfig.RETENTION_MS_CONFIG, String.valueOf(configured)));
    }
  }

  private void timestamps(NewTopic wanted, Topic topic, Report report) {
    String type = topic.configs().getOrDefault(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "");
    String configured = wanted.configs().get(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG);
    if (configured != null && !type.equals(configured)) {
      report.warn(
          "timestamps",
          wanted.name() + " has " + type + ": the clock of whoever writes decides what is old",
          alter(wanted, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, configured));
    }
  }

  private void groups(KafkaFacts facts, Report report) {
    if (programs.contains(Program.INVALIDATE)) {
      group(facts, settings.names().invalidationGroup(), "invalidate", report);
    }
    if (programs.contains(Program.WRITE_BEHIND) && !settings.writes().isEmpty()) {
      group(facts, settings.names().writeBehindGroup(), "write-behind", report);
    }
  }

  private void group(KafkaFacts facts, String name, String role, Report report) {
    if (facts.untold().contains("Describe of group " + name)) {
      return;
    }
    Group group = facts.groups().get(name);
    String run = "start a worker: cachetide run " + role;
    if (group == null || group.members() == 0) {
      report.warn("group", name + " has no members: nobody works on its topics", run);
    } else if (!group.type().equals(CLASSIC)) {
      report.fail(
          "group",
          name + " speaks the protocol " + group.type() + ", which no worker does",
          "stop whoever else joins the group; its name is the pipeline's");
    } else {
      report.ok(
          "group",
          name
              + ": "
              + group.state()
              + ", "
              + group.members()
              + (group.members() == 1 ? " member" : " members"));
    }
  }

  private boolean isWrites(NewTopic topic) {
    return topic.name().equals(settings.names().writeTopic());
  }

  private String alter(NewTopic topic, String name, String value) {
    return "kafka-configs.sh --bootstrap-server "
        + servers()
        + " --alter --entity-type topics --entity-name "
        + topic.name()
        + " --add-config "
        + name
        + "="
        + value;
  }

  private String servers() {
    KafkaSettings kafka = settings.kafka();
    return kafka == null ? "…" : kafka.common().getOrDefault("bootstrap.servers", "…");
  }

  private static long number(@org.jspecify.annotations.Nullable String text) {
    return text == null ? -1 : Long.parseLong(text);
  }
}
