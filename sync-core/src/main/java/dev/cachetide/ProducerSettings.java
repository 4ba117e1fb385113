package dev.cachetide;

import dev.cachetide.wire.WriteCommandCodec;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** kafka-clients' settings for the publishers: what an application may choose, and what not. */
final class ProducerSettings {

  /** What the promises of the publishers rest on. */
  private static final Set<String> RESERVED =
      Set.of(
          ProducerConfig.ACKS_CONFIG,
          ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
          ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
          ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
          ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG,
          ProducerConfig.PARTITIONER_CLASS_CONFIG,
          ProducerConfig.PARTITIONER_IGNORE_KEYS_CONFIG,
          ProducerConfig.TRANSACTIONAL_ID_CONFIG);

  private ProducerSettings() {}

  static Map<String, Object> of(Map<String, ?> kafka) {
    Set<String> refused = new TreeSet<>(kafka.keySet());
    refused.retainAll(RESERVED);
    if (!refused.isEmpty()) {
      throw new IllegalArgumentException("set by Cachetide itself: " + refused);
    }
    Map<String, Object> properties = new HashMap<>();
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000);
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 5_000);
    // a command of MAX_BYTES and its key still fit the producer; the topic's own limit is 1 MiB
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 2 * WriteCommandCodec.MAX_BYTES);
    properties.putAll(kafka);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    // with more, a partition that was just made may take the second request before the first
    // (KAFKA-15591), whatever idempotence promises
    properties.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
    properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    return properties;
  }

  /** How long a send may block. */
  static Duration maxBlock(Map<String, ?> properties) {
    return Duration.ofMillis(
        Long.parseLong(String.valueOf(properties.get(ProducerConfig.MAX_BLOCK_MS_CONFIG))));
  }
}
