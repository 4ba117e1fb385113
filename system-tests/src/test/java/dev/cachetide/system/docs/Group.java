package dev.cachetide.system.docs;

import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** A consumer group, seen from outside. */
final class Group implements AutoCloseable {

  private final Admin admin;
  private final String id;

  Group(String bootstrapServers, String id) {
    admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
    this.id = id;
  }

  /** Whether it has committed everything that its partitions hold. */
  boolean isDone() throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> committed =
        admin.listConsumerGroupOffsets(id).partitionsToOffsetAndMetadata().get();
    var ends =
        admin
            .listOffsets(
                committed.keySet().stream()
                    .collect(Collectors.toMap(partition -> partition, any -> OffsetSpec.latest())))
            .all()
            .get();
    return ends.entrySet().stream()
        .allMatch(end -> committed.get(end.getKey()).offset() >= end.getValue().offset());
  }

  @Override
  public void close() {
    admin.close();
  }
}
