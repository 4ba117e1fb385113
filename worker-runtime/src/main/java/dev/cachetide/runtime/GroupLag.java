package dev.cachetide.runtime;

import static java.util.Comparator.comparing;
import static java.util.stream.Collectors.toSet;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.jspecify.annotations.Nullable;

/**
 * How far a consumer group is behind, in records and in seconds, seen from outside: also of workers
 * that stand still or do not run. Joins no group and changes nothing. For one thread; every call is
 * bounded by the admin client's timeouts.
 *
 * <p>Goes by the offsets that the group has committed, which follow the work by {@link
 * LoopSettings#COMMIT_INTERVAL} at most.
 */
public final class GroupLag implements AutoCloseable {

  private final Admin admin;
  private final Backlog backlog;
  private final InstantSource clock;

  /**
   * Opens the clients; no server is contacted yet.
   *
   * @throws KafkaException when the clients refuse their properties
   */
  public GroupLag(KafkaClients clients, String clientId, InstantSource clock) {
    this.clock = clock;
    admin = Admin.create(clients.admin(clientId));
    backlog = new Backlog(admin, OldestRecords.reading(clients, clientId));
  }

  /**
   * How far one group is behind.
   *
   * @param reads which topics it reads, beside those that it has committed offsets of
   * @return every partition of those topics, in their order; empty when none exists
   * @throws KafkaException when Kafka does not answer
   */
  public List<PartitionLag> of(String group, Predicate<String> reads) throws InterruptedException {
    return look(group, reads).partitions();
  }

  /**
   * The same, and who has joined it.
   *
   * @param reads which topics it reads, beside those that it has committed offsets of
   * @throws KafkaException when Kafka does not answer
   */
  public Group look(String group, Predicate<String> reads) throws InterruptedException {
    try {
      Map<TopicPartition, OffsetAndMetadata> committed =
          get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
      committed.values().removeIf(offset -> offset == null);
      List<TopicPartition> partitions = partitions(topics(committed.keySet(), reads));
      Map<TopicPartition, Long> from = beginnings(partitions, committed.keySet());
      committed.forEach((partition, offset) -> from.put(partition, offset.offset()));
      from.keySet().retainAll(partitions);
      List<Member> members = members(group);
      Map<TopicPartition, Member> owners = owners(members);
      Map<TopicPartition, Backlog.Waiting> waiting = backlog.behind(from);
      Instant now = clock.instant();
      List<PartitionLag> lags = new ArrayList<>();
      for (TopicPartition partition : partitions) {
        Backlog.Waiting each = waiting.get(partition);
        if (each != null) {
          OffsetAndMetadata at = committed.get(partition);
          lags.add(lag(partition, at, each, owners.get(partition), now));
        }
      }
      return new Group(lags, members);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e);
    }
  }

  private Set<String> topics(Collection<TopicPartition> committed, Predicate<String> reads)
      throws ExecutionException, InterruptedException {
    Set<String> existing = get(admin.listTopics().names());
    Set<String> known = committed.stream().map(TopicPartition::topic).collect(toSet());
    return existing.stream()
        .filter(topic -> known.contains(topic) || reads.test(topic))
        .collect(toSet());
  }

  private List<TopicPartition> partitions(Set<String> topics)
      throws ExecutionException, InterruptedException {
    List<TopicPartition> partitions = new ArrayList<>();
    for (TopicDescription topic : get(admin.describeTopics(topics).allTopicNames()).values()) {
      topic
          .partitions()
          .forEach(each -> partitions.add(new TopicPartition(topic.name(), each.partition())));
    }
    partitions.sort(comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
    return partitions;
  }

  /** Where a group begins with a partition that it has not committed an offset of. */
  private Map<TopicPartition, Long> beginnings(
      Collection<TopicPartition> partitions, Set<TopicPartition> committed)
      throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
    partitions.stream()
        .filter(partition -> !committed.contains(partition))
        .forEach(partition -> wanted.put(partition, OffsetSpec.earliest()));
    Map<TopicPartition, Long> beginnings = new HashMap<>();
    if (!wanted.isEmpty()) {
      get(admin.listOffsets(wanted).all())
          .forEach((partition, info) -> beginnings.put(partition, info.offset()));
    }
    return beginnings;
  }

  /** Nobody where the group does not exist. */
  private List<Member> members(String group) throws ExecutionException, InterruptedException {
    try {
      ConsumerGroupDescription described =
          get(admin.describeConsumerGroups(Set.of(group)).describedGroups().get(group));
      return described.members().stream()
          .map(GroupLag::member)
          .sorted(comparing(Member::host).thenComparing(Member::id))
          .toList();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return List.of();
      }
      throw e;
    }
  }

  private static Member member(MemberDescription found) {
    List<TopicPartition> owned = new ArrayList<>(found.assignment().topicPartitions());
    owned.sort(comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
    return new Member(found.consumerId(), found.clientId(), found.host(), owned);
  }

  private static Map<TopicPartition, Member> owners(List<Member> members) {
    Map<TopicPartition, Member> owners = new HashMap<>();
    members.forEach(member -> member.owned().forEach(each -> owners.put(each, member)));
    return owners;
  }

  private static PartitionLag lag(
      TopicPartition partition,
      @Nullable OffsetAndMetadata committed,
      Backlog.Waiting waiting,
      @Nullable Member owner,
      Instant now) {
    double seconds = waiting.seconds(now);
    return new PartitionLag(
        partition.topic(),
        partition.partition(),
        committed == null ? null : committed.offset(),
        waiting.end(),
        waiting.records(),
        Double.isNaN(seconds) ? null : seconds,
        owner == null ? null : owner.clientId(),
        owner == null ? null : owner.host());
  }

  private static <T> T get(@Nullable KafkaFuture<T> future)
      throws ExecutionException, InterruptedException {
    if (future == null) {
      throw new KafkaException("Kafka's client has no answer to wait for");
    }
    return future.get();
  }

  @Override
  public void close() {
    backlog.close();
  }

  /**
   * A group at one moment.
   *
   * @param partitions that it reads, in their order
   * @param members who has joined it, with partitions or without
   */
  public record Group(List<PartitionLag> partitions, List<Member> members) {
    /** Copies the lists. */
    public Group {
      partitions = List.copyOf(partitions);
      members = List.copyOf(members);
    }
  }

  /**
   * One member of a group.
   *
   * @param id that Kafka has given it
   * @param owned in their order; empty when there are more members than partitions, or while
   *     partitions are handed over
   */
  public record Member(String id, String clientId, String host, List<TopicPartition> owned) {
    /** Copies the list. */
    public Member {
      owned = List.copyOf(owned);
    }
  }

  /**
   * One partition of a group.
   *
   * @param committed the group's offset; null when it has committed none, and all that the
   *     partition holds waits
   * @param end behind the last record that can be read
   * @param records that wait
   * @param seconds how long the oldest of them has waited, since its commit in Postgres where it
   *     tells of one; 0 when none waits, null when Kafka did not hand it over in time
   * @param clientId of the member that reads it; null when nobody does
   * @param host of that member
   */
  public record PartitionLag(
      String topic,
      int partition,
      @Nullable Long committed,
      long end,
      long records,
      @Nullable Double seconds,
      @Nullable String clientId,
      @Nullable String host) {}
}
