package dev.cachetide.invalidation.explain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cachetide.invalidation.EventDecoder;
import dev.cachetide.invalidation.EventDecoder.MalformedEvent;
import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.runtime.settings.Problem;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A change as a person describes it, with JSON objects for the row before and after it, as a change
 * event. It takes the way of a record from Kafka, so that values become text as they do there.
 *
 * @param operation null to conclude it from the images that are given
 * @param ownWrite whether the write-behind worker is said to have made it
 */
public record GivenChange(
    @Nullable Operation operation,
    @Nullable String before,
    @Nullable String after,
    boolean ownWrite) {

  private static final ObjectReader JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build().reader();

  /**
   * Adds what is wrong with it to a list.
   *
   * @return the event; null when something is wrong
   */
  public @Nullable ChangeEvent event(List<Problem> problems) {
    int known = problems.size();
    checkJson("--before", before, problems);
    checkJson("--after", after, problems);
    checkOperation(problems);
    return problems.size() == known ? decoded(problems) : null;
  }

  private static void checkJson(String option, @Nullable String text, List<Problem> problems) {
    if (text == null) {
      return;
    }
    try {
      JsonNode row = JSON.readTree(text);
      if (!row.isObject()) {
        problems.add(
            new Problem(option, "the row", "is no JSON object", "write a row as '{\"id\": 1}'"));
      }
    } catch (JsonProcessingException e) {
      String reason = e.getOriginalMessage().lines().findFirst().orElse("no reason given");
      String where =
          e.getLocation() == null ? "" : " at character " + e.getLocation().getColumnNr();
      problems.add(
          new Problem(
              option,
              "the row",
              "is not valid JSON" + where + ": " + reason,
              "write a row as '{\"id\": 1, \"name\": \"Ada\"}', in single quotes for the shell"));
    }
  }

  private void checkOperation(List<Problem> problems) {
    Operation concluded = concluded();
    boolean needsBefore = concluded == Operation.DELETE;
    boolean needsAfter =
        concluded == Operation.CREATE
            || concluded == Operation.UPDATE
            || concluded == Operation.READ;
    boolean mayHaveBefore = needsBefore || concluded == Operation.UPDATE;
    String name = concluded.name().toLowerCase(java.util.Locale.ROOT);
    if (before == null && after == null && operation == null) {
      problems.add(
          new Problem(
              "--op",
              "the change",
              "is not described",
              "give the row with --before and --after, or --op truncate"));
    } else if ((needsBefore && before == null) || (needsAfter && after == null)) {
      String missing = needsBefore ? "--before" : "--after";
      problems.add(
          new Problem(
              missing, "the row", "is missing, and a " + name + " has one", "add " + missing));
    } else if ((before != null && !mayHaveBefore) || (after != null && !needsAfter)) {
      String extra = before != null && !mayHaveBefore ? "--before" : "--after";
      problems.add(
          new Problem(
              extra,
              "the row",
              "is given, and a " + name + " has none",
              "remove it, or correct --op"));
    }
  }

  private Operation concluded() {
    if (operation != null) {
      return operation;
    }
    if (before != null && after != null) {
      return Operation.UPDATE;
    }
    return before != null ? Operation.DELETE : Operation.CREATE;
  }

  private @Nullable ChangeEvent decoded(List<Problem> problems) {
    String letter =
        switch (concluded()) {
          case CREATE -> "c";
          case UPDATE -> "u";
          case DELETE -> "d";
          case READ -> "r";
          case TRUNCATE -> "t";
        };
    String envelope =
        "{\"op\":\"" + letter + "\",\"before\":" + before + ",\"after\":" + after + "}";
    try {
      ChangeEvent event =
          Objects.requireNonNull(
              new EventDecoder()
                  .decode(
                      new ConsumerRecord<>(
                          "given", 0, 0, null, envelope.getBytes(StandardCharsets.UTF_8))));
      return new ChangeEvent(event.operation(), event.before(), event.after(), -1, ownWrite, -1);
    } catch (MalformedEvent e) {
      problems.add(
          new Problem(
              "--before, --after",
              "the rows",
              "are beyond what a change event can hold: " + e.getMessage(),
              "give smaller rows"));
      return null;
    }
  }
}
