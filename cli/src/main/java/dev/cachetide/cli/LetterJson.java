package dev.cachetide.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.parked.Letter;
import dev.cachetide.writebehind.ParkedWrite.State;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/** How a thing set aside is written for scripts and people. */
final class LetterJson {

  private LetterJson() {}

  static void put(Letter letter, ObjectNode to) {
    to.put("id", letter.id().toString())
        .put("at", letter.at().toString())
        .put("kind", letter.sort().toString())
        .put("topic", letter.topic())
        .put("partition", letter.partition())
        .put("offset", letter.offset())
        .put("table", letter.table())
        .put("reason", letter.reason())
        .put("sqlstate", letter.sqlState())
        .put("state", word(letter.state()))
        .put("resolvedAt", letter.resolvedAt() == null ? null : letter.resolvedAt().toString());
  }

  static String moment(Instant at) {
    return at.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  static String word(State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }
}
