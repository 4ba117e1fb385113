package dev.cachetide.cli.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.parked.DeadLetters;
import dev.cachetide.cli.parked.Letter;
import dev.cachetide.cli.parked.LetterDetail;
import dev.cachetide.cli.parked.LetterException;
import dev.cachetide.cli.parked.LetterFilter;
import dev.cachetide.cli.parked.LetterFilter.Source;
import dev.cachetide.cli.parked.LetterId;
import dev.cachetide.cli.parked.Replayed;
import dev.cachetide.writebehind.ParkedWrite.State;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Dead letters and conflicts, for the page. */
final class LettersApi implements AutoCloseable {

  /** So many are listed; scripts and whole lists have the command line. */
  private static final int MOST = 200;

  private final DeadLetters letters;

  LettersApi(DeadLetters letters) {
    this.letters = letters;
  }

  /**
   * The newest.
   *
   * @param state null or {@code all} for every one
   */
  ObjectNode list(Set<Source> sources, @Nullable String state)
      throws SQLException, InterruptedException {
    LetterFilter filter = new LetterFilter(sources, state(state), null, null, null, null);
    List<Letter> found = letters.list(filter, MOST + 1);
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode list = json.putArray("letters");
    found.stream().limit(MOST).forEach(letter -> put(letter, list.addObject()));
    return json.put("more", found.size() > MOST);
  }

  private static @Nullable State state(@Nullable String text) {
    if (text == null) {
      return State.PARKED;
    }
    if (text.equals("all")) {
      return null;
    }
    try {
      return State.valueOf(text.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new Refused(400, "there is no such state", "parked, replayed, discarded or all");
    }
  }

  /** One of them; rows' values only where they were asked for. */
  ObjectNode read(Set<Source> sources, String id, boolean values)
      throws SQLException, InterruptedException {
    LetterDetail detail = letters.read(id(sources, id), values).orElseThrow(LettersApi::none);
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    put(detail.letter(), json);
    ObjectNode facts = json.putObject("facts");
    detail.facts().forEach(facts::put);
    ArrayNode fields = json.putArray("fields");
    for (LetterDetail.Field field : detail.fields()) {
      fields
          .addObject()
          .put("part", field.part())
          .put("name", field.name())
          .put("type", field.type())
          .put("value", field.value());
    }
    return json.put("body", detail.body()).put("values", values);
  }

  /** Sends it again. */
  ObjectNode replay(Set<Source> sources, String id) throws SQLException, InterruptedException {
    try {
      Replayed at = letters.replay(id(sources, id));
      return JsonNodeFactory.instance
          .objectNode()
          .put("id", id)
          .put("topic", at.topic())
          .put("partition", at.partition())
          .put("offset", at.offset());
    } catch (LetterException e) {
      throw new Refused(409, id + " " + e.getMessage(), "look at it again");
    }
  }

  /** Decides that nothing is to be done. */
  ObjectNode discard(Set<Source> sources, String id) throws SQLException, InterruptedException {
    try {
      letters.discard(id(sources, id));
      return JsonNodeFactory.instance.objectNode().put("id", id).put("discarded", true);
    } catch (LetterException e) {
      throw new Refused(409, id + " " + e.getMessage(), "look at it again");
    }
  }

  private static LetterId id(Set<Source> sources, String text) {
    return LetterId.parse(text)
        .filter(id -> sources.contains(id.source()))
        .orElseThrow(LettersApi::none);
  }

  private static Refused none() {
    return new Refused(404, "there is none of this id", "take an id from the list");
  }

  private static void put(Letter letter, ObjectNode to) {
    to.put("id", letter.id().toString())
        .put("at", letter.at().toString())
        .put("kind", letter.sort().toString())
        .put("topic", letter.topic())
        .put("partition", letter.partition())
        .put("offset", letter.offset())
        .put("table", letter.table())
        .put("reason", letter.reason())
        .put("sqlstate", letter.sqlState())
        .put("state", letter.state().name().toLowerCase(Locale.ROOT))
        .put("resolvedAt", letter.resolvedAt() == null ? null : letter.resolvedAt().toString());
  }

  @Override
  public void close() {
    letters.close();
  }
}
