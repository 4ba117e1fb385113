package dev.cachetide.cli;

import dev.cachetide.cli.parked.DeadLetters;
import dev.cachetide.cli.parked.LetterException;
import dev.cachetide.cli.parked.LetterId;
import dev.cachetide.cli.parked.Replayed;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.wire.WriteCommandCodec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code cachetide dead-letters replay}, {@code cachetide conflicts replay}. */
@Command(
    name = "replay",
    description = {
      "Sends again what was set aside, oldest first, and marks it replayed.",
      "",
      "A write command goes to the end of the write topic, under an id by which it has",
      "one effect however often it is sent: the writer's own, or one made from its",
      "number. An event or a request goes to the topic that it came from, and the",
      "workers evict for it once more. What is refused again is set aside again, under",
      "another id."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  ${PARENT-COMMAND-FULL-NAME} replay --all --table public.orders -c shop.yaml",
      "  cachetide dead-letters replay w17 --set price=12.50 -c shop.yaml",
      "  cachetide conflicts replay c4 --base 9 -c shop.yaml",
      "",
      "Exit codes: 0 Kafka has all of them again, 1 some could not be sent again or a",
      "server does not answer, 2 bad input."
    })
final class LettersReplayCommand implements Callable<Integer> {

  @ParentCommand private @Nullable LettersScope parent;

  @Mixin private LettersToResolve which = new LettersToResolve();

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(
      names = "--set",
      paramLabel = "COLUMN=VALUE",
      description =
          "Put another value into the command first: JSON (5, null, \"007\") or plain text.")
  private Map<String, String> set = new LinkedHashMap<>();

  @Option(
      names = "--base",
      paramLabel = "VERSION",
      description = "Name another version as the one that the writer has seen.")
  private @Nullable String base;

  @Option(
      names = "--fix",
      paramLabel = "FILE",
      description = "Put a whole command in its place first, JSON as in docs/writes.md.")
  private @Nullable Path fix;

  @Mixin private Confirmation confirmation = new Confirmation();

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    byte @Nullable [] command = check();
    try (DeadLetters letters =
        new DeadLetters(
            Configuration.load(config.required(), EnumSet.of(Section.POSTGRES, Section.KAFKA)))) {
      return new LettersResolution(Objects.requireNonNull(spec).commandLine(), json, "replayed")
          .run(which.find(letters), confirmation, id -> replay(letters, id, command));
    }
  }

  /** The command of {@code --fix}. */
  private byte @Nullable [] check() throws ConfigurationRejected {
    List<Problem> problems = new ArrayList<>();
    which.check(Objects.requireNonNull(parent).sources(), problems);
    boolean edits = !set.isEmpty() || base != null;
    if ((edits || fix != null) && which.named() != 1) {
      problems.add(
          new Problem(
              fix == null ? "--set" : "--fix", "", "puts one command right", "name one ID"));
    }
    if (edits && fix != null) {
      problems.add(
          new Problem(
              "--fix", fix.toString(), "goes without --set and --base", "write them in the file"));
    }
    byte @Nullable [] command = fix == null ? null : read(fix, problems);
    ConfigurationRejected.ifAny(problems);
    return command;
  }

  private static byte[] read(Path file, List<Problem> problems) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] command = in.readNBytes(WriteCommandCodec.MAX_BYTES + 1);
      if (command.length > WriteCommandCodec.MAX_BYTES) {
        problems.add(
            new Problem(
                "--fix",
                file.toString(),
                "is longer than " + WriteCommandCodec.MAX_BYTES + " bytes",
                "a command may not be"));
      }
      return command;
    } catch (IOException e) {
      problems.add(
          new Problem("--fix", file.toString(), "cannot be read: " + e, "name a readable file"));
      return new byte[0];
    }
  }

  private String replay(DeadLetters letters, LetterId id, byte @Nullable [] command)
      throws SQLException, LetterException, InterruptedException {
    if (command != null) {
      letters.fix(id, command);
    } else if (!set.isEmpty() || base != null) {
      letters.fix(id, set, base);
    }
    Replayed at = letters.replay(id);
    return at.topic() + ", partition " + at.partition() + ", offset " + at.offset();
  }
}
