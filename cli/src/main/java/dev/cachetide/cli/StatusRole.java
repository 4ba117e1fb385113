package dev.cachetide.cli;

import dev.cachetide.cli.look.KafkaFacts;
import dev.cachetide.cli.look.PostgresFacts;
import dev.cachetide.ingest.IngestSessions.Session;
import dev.cachetide.runtime.GroupLag.Member;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one role is doing. Pure.
 *
 * @param state a word or two; {@code not known} when the server that would tell does not answer
 * @param active processes that do the role's work; null when not known
 * @param standby processes that would take over; null when not known
 * @param records that wait; null when not known, or of ingest
 * @param seconds for how long the oldest of them has; null when not known, or of ingest
 */
record StatusRole(
    Role role,
    String state,
    @Nullable Integer active,
    @Nullable Integer standby,
    @Nullable Long records,
    @Nullable Double seconds) {

  /** As it is said of a server that does not answer. */
  static final String NOT_KNOWN = "not known";

  private static final String PAUSED = "paused";

  /** All roles of a pipeline. */
  static List<StatusRole> of(StatusPicture picture) {
    List<StatusRole> roles = new ArrayList<>();
    if (picture.gate() == Role.INGEST) {
      roles.add(ingest(picture));
    }
    roles.add(worker(picture, Role.INVALIDATE, picture.settings().names().invalidationGroup()));
    if (picture.writes()) {
      roles.add(worker(picture, Role.WRITE_BEHIND, picture.settings().names().writeBehindGroup()));
    }
    return roles;
  }

  private static StatusRole ingest(StatusPicture picture) {
    PostgresFacts facts = picture.postgres().value();
    if (facts == null) {
      return new StatusRole(Role.INGEST, NOT_KNOWN, null, null, null, null);
    }
    int active = (int) facts.ingest().stream().filter(Session::active).count();
    int standby = facts.ingest().size() - active;
    boolean read = facts.slot() != null && facts.slot().active();
    String state =
        picture.paused(Role.INGEST)
            ? PAUSED
            : active == 0 ? (standby == 0 ? "nobody" : "stands by") : read ? "reads" : "prepares";
    return new StatusRole(Role.INGEST, state, active, standby, null, null);
  }

  private static StatusRole worker(StatusPicture picture, Role role, String group) {
    KafkaFacts facts = picture.kafka().value();
    if (facts == null) {
      String state = picture.paused(role) ? PAUSED : NOT_KNOWN;
      return new StatusRole(role, state, null, null, null, null);
    }
    List<Member> members = facts.members(group);
    int active = (int) members.stream().filter(member -> !member.owned().isEmpty()).count();
    String state =
        picture.paused(role)
            ? PAUSED
            : members.isEmpty() ? "nobody" : active == 0 ? "joins" : "reads";
    return new StatusRole(
        role, state, active, members.size() - active, facts.records(group), facts.seconds(group));
  }
}
