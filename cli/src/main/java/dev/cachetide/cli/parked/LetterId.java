package dev.cachetide.cli.parked;

import dev.cachetide.writebehind.ParkedWrite.Kind;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a person calls one of the things set aside: {@code w17} is the refused write 17, {@code c4}
 * the conflict 4, {@code e0-42} the record at offset 42 in partition 0 of the dead-letter topic.
 */
public sealed interface LetterId {

  /** The id of a text; empty when it is none. */
  static Optional<LetterId> parse(String text) {
    Matcher row = Forms.ROW.matcher(text);
    if (row.matches()) {
      Kind kind = row.group(1).equals("c") ? Kind.CONFLICT : Kind.DEAD_LETTER;
      return Optional.of(new Row(kind, Long.parseLong(row.group(2))));
    }
    Matcher event = Forms.EVENT.matcher(text);
    return event.matches()
        ? Optional.of(new Event(Integer.parseInt(event.group(1)), Long.parseLong(event.group(2))))
        : Optional.empty();
  }

  /** Which of the kinds it is of. */
  LetterFilter.Source source();

  /** A write command, recorded in Postgres. */
  record Row(Kind kind, long id) implements LetterId {
    @Override
    public LetterFilter.Source source() {
      return kind == Kind.CONFLICT ? LetterFilter.Source.CONFLICTS : LetterFilter.Source.WRITES;
    }

    @Override
    public String toString() {
      return (kind == Kind.CONFLICT ? "c" : "w") + id;
    }
  }

  /** A change event or a request that could not be read, in the dead-letter topic. */
  record Event(int partition, long offset) implements LetterId {
    @Override
    public LetterFilter.Source source() {
      return LetterFilter.Source.EVENTS;
    }

    @Override
    public String toString() {
      return "e" + partition + "-" + offset;
    }
  }

  /** How ids are written. */
  final class Forms {
    private static final Pattern ROW = Pattern.compile("([wc])([0-9]{1,18})");
    private static final Pattern EVENT = Pattern.compile("e([0-9]{1,9})-([0-9]{1,18})");

    private Forms() {}
  }
}
