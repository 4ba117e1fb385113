package dev.cachetide.runtime.settings;

import java.util.Map;

/**
 * How to reach Kafka. Keys are kafka-clients' own; those that Cachetide relies on are refused by
 * the loader.
 *
 * @param common for every client; holds {@code bootstrap.servers}
 * @param producer for producers alone, from {@code kafka.producer}; default none
 * @param consumer for consumers alone, from {@code kafka.consumer}; default none
 */
public record KafkaSettings(
    Map<String, String> common, Map<String, String> producer, Map<String, String> consumer) {

  /** Copies the maps. */
  public KafkaSettings {
    common = Map.copyOf(common);
    producer = Map.copyOf(producer);
    consumer = Map.copyOf(consumer);
  }

  /** Shows no value but the servers' addresses: the others may be secrets. */
  @Override
  public String toString() {
    return "KafkaSettings[bootstrap.servers=" + common.get("bootstrap.servers") + "]";
  }
}
