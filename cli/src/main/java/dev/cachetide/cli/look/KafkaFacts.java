package dev.cachetide.cli.look;

import dev.cachetide.runtime.GroupLag.Group;
import dev.cachetide.runtime.GroupLag.Member;
import dev.cachetide.runtime.GroupLag.PartitionLag;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The groups of a pipeline at one moment. Pure.
 *
 * @param groups by name, in the order to show them in
 */
public record KafkaFacts(Instant at, Map<String, Group> groups) {

  /** The partitions of a group. */
  public List<PartitionLag> of(String group) {
    Group found = groups.get(group);
    return found == null ? List.of() : found.partitions();
  }

  /** Records of a group that wait. */
  public long records(String group) {
    return of(group).stream().mapToLong(PartitionLag::records).sum();
  }

  /** How long the oldest of them has; null when there is no partition, or one is not known. */
  public @Nullable Double seconds(String group) {
    List<PartitionLag> partitions = of(group);
    if (partitions.isEmpty() || partitions.stream().anyMatch(each -> each.seconds() == null)) {
      return null;
    }
    return partitions.stream()
        .mapToDouble(each -> Objects.requireNonNull(each.seconds()))
        .max()
        .orElse(0);
  }

  /** Who has joined a group. */
  public List<Member> members(String group) {
    Group found = groups.get(group);
    return found == null ? List.of() : found.members();
  }

  /**
   * Records a second that a group has finished since an earlier moment; null when that is not
   * known, as of topics that are new or were made anew.
   */
  public @Nullable Double finished(String group, @Nullable KafkaFacts before) {
    return rate(group, before, PartitionLag::committed);
  }

  /** Records a second that were published for a group since an earlier moment. */
  public @Nullable Double published(String group, @Nullable KafkaFacts before) {
    return rate(group, before, PartitionLag::end);
  }

  private @Nullable Double rate(String group, @Nullable KafkaFacts before, Offset offset) {
    double seconds = before == null ? 0 : Duration.between(before.at, at).toMillis() / 1e3;
    if (before == null || seconds <= 0) {
      return null;
    }
    Map<String, Long> were = new HashMap<>();
    for (PartitionLag each : before.of(group)) {
      Long at = offset.of(each);
      if (at != null) {
        were.put(name(each), at);
      }
    }
    long sum = 0;
    for (PartitionLag each : of(group)) {
      Long then = were.get(name(each));
      Long now = offset.of(each);
      sum += then == null || now == null ? 0 : Math.max(0, now - then);
    }
    return were.isEmpty() ? null : sum / seconds;
  }

  /** {@code topic/3}. */
  public static String name(PartitionLag each) {
    return each.topic() + "/" + each.partition();
  }

  private interface Offset {
    @Nullable Long of(PartitionLag partition);
  }
}
