package dev.cachetide.runtime;

import java.util.Collection;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/** Hands everything on to another handler; a kind of it changes what it is there to change. */
public abstract class ForwardingHandler implements RecordHandler {

  private final RecordHandler handler;

  /**
   * Hands on.
   *
   * @param handler closed with this one
   */
  protected ForwardingHandler(RecordHandler handler) {
    this.handler = handler;
  }

  @Override
  public Outcome assigned(Collection<TopicPartition> partitions, StartAt start) {
    return handler.assigned(partitions, start);
  }

  @Override
  public void begins(TopicPartition partition, long offset) {
    handler.begins(partition, offset);
  }

  @Override
  public void groupReads(int partitions) {
    handler.groupReads(partitions);
  }

  @Override
  public void unassigned(Collection<TopicPartition> partitions) {
    handler.unassigned(partitions);
  }

  @Override
  public Outcome handle(ConsumerRecords<byte[], byte[]> batch) {
    return handler.handle(batch);
  }

  @Override
  public Outcome offsetsLost(Collection<TopicPartition> partitions) {
    return handler.offsetsLost(partitions);
  }

  @Override
  public Outcome idle() {
    return handler.idle();
  }

  @Override
  public Set<TopicPartition> notYet() {
    return handler.notYet();
  }

  @Override
  public void close() {
    handler.close();
  }
}
