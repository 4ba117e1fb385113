package dev.cachetide.wire;

import java.util.regex.Pattern;

/**
 * Every name that a pipeline uses outside this process, derived from the pipeline's own name, so
 * that all programs of one pipeline agree without further settings.
 *
 * @param pipeline 1 to 40 characters: lower-case letters, digits and {@code _}, a letter first
 */
public record PipelineNames(String pipeline) {

  private static final Pattern VALID = Pattern.compile("[a-z][a-z0-9_]{0,39}");
  private static final Pattern NOT_IN_TOPICS = Pattern.compile("[^A-Za-z0-9._-]");

  /**
   * Checks the name.
   *
   * @throws IllegalArgumentException when the name has another form than stated
   */
  public PipelineNames {
    if (!isValid(pipeline)) {
      throw new IllegalArgumentException(
          "pipeline name '" + pipeline + "' must match " + VALID.pattern());
    }
  }

  /** Whether a name has the form that {@link #pipeline} states. */
  public static boolean isValid(String pipeline) {
    return VALID.matcher(pipeline).matches();
  }

  /** The logical replication slot in Postgres. */
  public String slot() {
    return "cachetide_" + pipeline;
  }

  /** The publication in Postgres. */
  public String publication() {
    return "cachetide_" + pipeline;
  }

  /**
   * The topic that holds the change events of one table, named as Debezium names it: what Kafka
   * allows in no topic becomes {@code _}, so two oddly named tables may share one.
   */
  public String changeTopic(String schema, String table) {
    return changeTopic(pipeline, schema, table);
  }

  /** The same of a Debezium whose {@code topic.prefix} is its own. */
  public static String changeTopic(String prefix, String schema, String table) {
    return NOT_IN_TOPICS.matcher(prefix + "." + schema + "." + table).replaceAll("_");
  }

  /** The topic that applications publish write commands to. */
  public String writeTopic() {
    return pipeline + ".writes";
  }

  /** The topic that tells what became of write commands, a record for each batch of the worker. */
  public String receiptTopic() {
    return pipeline + ".receipts";
  }

  /** The topic that change events which no rule could be applied to are parked in. */
  public String deadLetterTopic() {
    return pipeline + ".dead-letters";
  }

  /** The topic that applications of any kind publish durable invalidation requests to. */
  public String invalidationTopic() {
    return pipeline + ".invalidations";
  }

  /**
   * The topic of ingest's heartbeat row, one partition: its change events go where those of rows go
   * and tell how long that takes.
   */
  public String heartbeatTopic() {
    return changeTopic("cachetide", "heartbeat");
  }

  /**
   * The key in Redis that holds when the youngest heartbeat which came through was committed:
   * microseconds since the epoch, decimal, by Postgres's clock.
   */
  public String canaryKey() {
    return "cachetide:" + pipeline + ":canary";
  }

  /** The Redis channel of {@link ChannelMessage}s. */
  public String invalidationChannel() {
    return "cachetide:" + pipeline + ":invalidate";
  }

  /** The consumer group of the invalidation workers. */
  public String invalidationGroup() {
    return pipeline + ".invalidate";
  }

  /** The consumer group of the write-behind workers. */
  public String writeBehindGroup() {
    return pipeline + ".write-behind";
  }
}
