package dev.cachetide.internal.receipts;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Settings for a consumer and an admin client, out of an application's for its producer. */
final class KafkaProperties {

  /** Of the same name as a producer's, and of another kind. */
  private static final Set<String> NOT_SHARED =
      Set.of(ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG, ConsumerConfig.CLIENT_ID_CONFIG);

  private KafkaProperties() {}

  /** One that belongs to no group. */
  static Map<String, Object> consumer(Map<String, ?> producer, String clientId) {
    Map<String, Object> properties = shared(producer, ConsumerConfig.configNames());
    properties.put(ConsumerConfig.CLIENT_ID_CONFIG, clientId);
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2_000);
    properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
    properties.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, 8_000);
    properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    return properties;
  }

  static Map<String, Object> admin(Map<String, ?> producer, String clientId) {
    Map<String, Object> properties = shared(producer, AdminClientConfig.configNames());
    properties.put(AdminClientConfig.CLIENT_ID_CONFIG, clientId);
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 8_000);
    return properties;
  }

  private static Map<String, Object> shared(Map<String, ?> producer, Set<String> names) {
    Map<String, Object> properties = new HashMap<>(producer);
    properties.keySet().retainAll(names);
    properties.keySet().removeAll(NOT_SHARED);
    return properties;
  }
}
