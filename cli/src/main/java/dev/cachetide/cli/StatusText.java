package dev.cachetide.cli;

import dev.cachetide.cli.look.PostgresFacts;
import dev.cachetide.cli.look.PostgresFacts.Epoch;
import dev.cachetide.cli.look.PostgresFacts.Slot;
import dev.cachetide.cli.look.PostgresFacts.Tables;
import dev.cachetide.cli.look.PostgresFacts.Writes;
import dev.cachetide.cli.look.WorkerFacts;
import dev.cachetide.invalidation.RedisSigns;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A pipeline at one moment, for people. What is not known is said to be, never 0. Pure. */
final class StatusText {

  private static final String INDENT = "  ";
  static final String NONE = "-";
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

  private final StatusPicture picture;
  private final List<String> lines = new ArrayList<>();

  private StatusText(StatusPicture picture) {
    this.picture = picture;
  }

  static List<String> of(StatusPicture picture) {
    StatusText text = new StatusText(picture);
    Instant at = picture.at().truncatedTo(ChronoUnit.SECONDS);
    text.lines.add("pipeline " + picture.settings().names().pipeline() + ", " + at);
    picture.problems().forEach(problem -> text.lines.add(TextTable.visible(problem)));
    text.roles();
    text.section("Members", StatusMembers.lines(INDENT, picture));
    text.postgres();
    text.redis();
    text.pages();
    text.pauses();
    return text.lines;
  }

  private void section(String title, List<String> content) {
    lines.add("");
    lines.add(title);
    lines.addAll(content);
  }

  private void roles() {
    TextTable table = new TextTable(INDENT, 2, 3, 4, 5);
    table.add("ROLE", "STATE", "ACTIVE", "STANDBY", "LAG", "SECONDS");
    for (StatusRole each : StatusRole.of(picture)) {
      boolean lags = each.role() != Role.INGEST;
      table.add(
          each.role().toString(),
          each.state(),
          number(each.active()),
          number(each.standby()),
          lags ? number(each.records()) : NONE,
          lags ? LagReport.text(each.seconds()) : NONE);
    }
    section("Roles", table.lines());
  }

  private static String number(@Nullable Number number) {
    return number == null ? "?" : number.toString();
  }

  private void postgres() {
    TextTable table = new TextTable(INDENT);
    PostgresFacts facts = picture.postgres().value();
    if (facts == null) {
      table.add(StatusRole.NOT_KNOWN);
    } else {
      slot(table, facts.slot());
      tables(table, facts);
    }
    table.add("gate", gate());
    section("Postgres", table.lines());
  }

  private void slot(TextTable table, @Nullable Slot slot) {
    if (slot == null) {
      table.add("slot", "there is no " + picture.settings().names().slot());
      return;
    }
    table.add("slot", slot.name() + (slot.active() ? ", is read" : ", nobody reads it"));
    table.add(
        "WAL",
        slot.walStatus()
            + ": "
            + bytes(slot.retainedBytes())
            + " kept"
            + (slot.confirmed() == null
                ? ""
                : "; confirmed up to "
                    + slot.confirmed()
                    + ", "
                    + bytes(slot.lagBytes())
                    + " behind")
            + (slot.safeBytes() == null
                ? ""
                : "; lost after " + bytes(slot.safeBytes()) + " more"));
  }

  private void tables(TextTable table, PostgresFacts facts) {
    Tables tables = facts.tables();
    if (tables == null) {
      table.add("schema", "ingest or a worker has not made Cachetide's tables yet");
      return;
    }
    table.add(
        "generation",
        facts
            .generation()
            .map(each -> each.number() + ", " + LetterJson.moment(each.at()) + ": " + each.reason())
            .orElse("0, never raised"));
    Writes writes = tables.writes();
    if (!writes.epochs().isEmpty()) {
      table.add("epochs", epochs(writes.epochs()));
    }
    Long events = picture.letters().value();
    table.add(
        "dead letters",
        counted(writes.parked(), "write")
            + ", "
            + (events == null ? "events " + StatusRole.NOT_KNOWN : counted(events, "event")));
    table.add("conflicts", String.valueOf(writes.conflicts()));
  }

  private static String counted(long number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }

  /** {@code shop.writes 0:4 1:4}. */
  private static String epochs(List<Epoch> epochs) {
    Map<String, List<Epoch>> topics =
        epochs.stream()
            .collect(Collectors.groupingBy(Epoch::topic, TreeMap::new, Collectors.toList()));
    return topics.entrySet().stream()
        .map(
            topic ->
                topic.getKey()
                    + topic.getValue().stream()
                        .map(each -> " " + each.partition() + ":" + each.number())
                        .collect(Collectors.joining()))
        .collect(Collectors.joining(", "));
  }

  private String gate() {
    String where = "in " + picture.gate();
    StatusGate gate = StatusGate.of(picture);
    if (gate == null) {
      return where + "; how long it waits is " + StatusRole.NOT_KNOWN + ": --metrics tells";
    }
    return String.format(
        Locale.ROOT,
        "%s, %,d batches, %.1f ms each, longest of late %.1f ms, %,d published before visible",
        where,
        gate.batches(),
        gate.meanMillis(),
        gate.longestMillis(),
        gate.early());
  }

  private void redis() {
    TextTable table = new TextTable(INDENT);
    if (picture.redis() == null) {
      return;
    }
    RedisSigns signs = picture.redis().value();
    if (signs == null) {
      table.add(StatusRole.NOT_KNOWN);
    } else {
      table.add("believed", believed(signs));
      table.add("certified", certified(signs));
      table.add(
          "generation",
          signs.beat() == null ? NONE : signs.beat().generation() + ", as the workers tell");
      table.add("canary", canary(signs));
    }
    section("Redis", table.lines());
  }

  private static String believed(RedisSigns signs) {
    if (signs.believed()) {
      return "yes";
    }
    if (signs.beat() == null) {
      return "no: no worker beats";
    }
    return signs.beat().certified().containsAll(signs.runIds())
        ? "no: not every worker certifies it yet"
        : "no: the workers do not certify this start of it";
  }

  private String certified(RedisSigns signs) {
    Set<String> noted = picture.certified();
    String runIds = signs.runIds().stream().sorted().collect(Collectors.joining(", "));
    if (noted == null) {
      return StatusRole.NOT_KNOWN + ": run id " + runIds;
    }
    return (noted.containsAll(signs.runIds()) ? "yes: run id " : "no: run id ") + runIds;
  }

  private String canary(RedisSigns signs) {
    if (signs.canary() == null) {
      return "none has come through yet";
    }
    Duration age = Duration.between(signs.canary(), picture.at());
    Duration limit = picture.settings().invalidation().canaryLimit();
    return String.format(
        Locale.ROOT,
        "%.1f s old%s",
        Math.max(0, age.toMillis() / 1e3),
        age.compareTo(limit) > 0 ? ", late" : "");
  }

  private void pages() {
    TextTable table = new TextTable(INDENT);
    table.add("PAGE", "PROGRAM", "STATE", "REASON");
    for (WorkerFacts.Worker worker : picture.pages()) {
      if (worker.page() == null) {
        table.add(worker.uri().toString(), NONE, "not reached", "");
      }
      for (WorkerFacts.Program each : worker.programs()) {
        String state = each.ready() ? "ready" : each.alive() ? "not ready" : "not alive";
        table.add(worker.uri().toString(), each.name(), state, each.reason());
      }
    }
    if (!picture.pages().isEmpty()) {
      section("Programs", table.lines());
    }
  }

  private void pauses() {
    PostgresFacts facts = picture.postgres().value();
    if (facts == null) {
      section("Paused", List.of(INDENT + StatusRole.NOT_KNOWN));
    } else if (facts.pauses().isEmpty()) {
      section("Paused", List.of(INDENT + "nothing"));
    } else {
      section("Paused", PauseCommand.table(INDENT, facts.pauses()));
    }
  }

  static String bytes(@Nullable Long bytes) {
    if (bytes == null) {
      return "?";
    }
    double left = bytes;
    int unit = 0;
    while (left >= 1_024 && unit < UNITS.length - 1) {
      left /= 1_024;
      unit++;
    }
    return unit == 0
        ? bytes + " B"
        : String.format(Locale.ROOT, "%.1f %s", left, Objects.requireNonNull(UNITS[unit]));
  }
}
