package dev.cachetide.cli;

import dev.cachetide.cli.look.KafkaFacts;
import dev.cachetide.cli.look.PostgresFacts;
import dev.cachetide.runtime.GroupLag.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/** Who does the work of a pipeline, and what each owns, for people. Pure. */
final class StatusMembers {

  private static final int SHORT_ID = 8;

  private StatusMembers() {}

  static List<String> lines(String indent, StatusPicture picture) {
    TextTable table = new TextTable(indent);
    table.add("ROLE", "MEMBER", "HOST", "OWNS");
    PostgresFacts facts = picture.postgres().value();
    if (facts != null) {
      facts
          .ingest()
          .forEach(
              each ->
                  table.add(
                      Role.INGEST.toString(),
                      "session " + each.pid(),
                      each.host() == null ? StatusText.NONE : each.host(),
                      each.active() ? picture.settings().names().slot() : StatusText.NONE));
    }
    KafkaFacts kafka = picture.kafka().value();
    if (kafka != null) {
      members(
          table, Role.INVALIDATE, kafka.members(picture.settings().names().invalidationGroup()));
      members(
          table, Role.WRITE_BEHIND, kafka.members(picture.settings().names().writeBehindGroup()));
    }
    return table.lines();
  }

  private static void members(TextTable table, Role role, List<Member> members) {
    for (Member each : members) {
      table.add(role.toString(), shortId(each), each.host(), owned(each.owned()));
    }
  }

  /** Kafka puts the client's id before what it makes up. */
  private static String shortId(Member member) {
    String made =
        member.id().startsWith(member.clientId() + "-")
            ? member.id().substring(member.clientId().length() + 1)
            : member.id();
    return made.substring(0, Math.min(SHORT_ID, made.length()));
  }

  /** {@code shop.writes 0-3 7, shop.other 0}. */
  private static String owned(List<TopicPartition> partitions) {
    Map<String, List<Integer>> topics = new TreeMap<>();
    partitions.forEach(
        each ->
            topics.computeIfAbsent(each.topic(), any -> new ArrayList<>()).add(each.partition()));
    return topics.isEmpty()
        ? StatusText.NONE
        : topics.entrySet().stream()
            .map(each -> each.getKey() + " " + runs(each.getValue()))
            .collect(Collectors.joining(", "));
  }

  private static String runs(List<Integer> sorted) {
    StringBuilder runs = new StringBuilder();
    int from = 0;
    for (int i = 1; i <= sorted.size(); i++) {
      if (i == sorted.size() || sorted.get(i) != sorted.get(i - 1) + 1) {
        runs.append(from == 0 ? "" : " ").append(sorted.get(from));
        runs.append(i - 1 > from ? "-" + sorted.get(i - 1) : "");
        from = i;
      }
    }
    return runs.toString();
  }
}
