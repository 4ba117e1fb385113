package dev.cachetide.internal.receipts;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which write: a topic's id, and where in that topic Kafka put the command. A topic that is made
 * anew has another id, so that a ticket never means another write.
 *
 * @param topicId as Kafka writes it
 */
public record Ticket(String topicId, int partition, long offset) {

  private static final Pattern FORM =
      Pattern.compile("([A-Za-z0-9_-]{1,64})\\.([0-9]{1,9})\\.([0-9]{1,18})");

  /**
   * Reads {@link #text}.
   *
   * @throws IllegalArgumentException when it has another form
   */
  public static Ticket parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not a ticket");
    }
    return new Ticket(
        matcher.group(1), Integer.parseInt(matcher.group(2)), Long.parseLong(matcher.group(3)));
  }

  /** Letters, digits, {@code _}, {@code -} and two dots. */
  public String text() {
    return topicId + "." + partition + "." + offset;
  }

  /** Whether this write comes after the other one or is it, in one partition of one topic. */
  public boolean isAtLeast(Ticket other) {
    return topicId.equals(other.topicId) && partition == other.partition && offset >= other.offset;
  }

  Log log() {
    return new Log(topicId, partition);
  }

  /** One partition of one topic. */
  record Log(String topicId, int partition) {}
}
