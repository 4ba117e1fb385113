package dev.cachetide.cli;

import static picocli.CommandLine.Model.UsageMessageSpec.SECTION_KEY_COMMAND_LIST;

import dev.cachetide.runtime.Advice;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.KafkaException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The {@code cachetide} command.
 *
 * <p>Exit codes: 0 done, 1 it failed, 2 bad input (options or configuration).
 */
@Command(
    name = "cachetide",
    description = "Keeps Redis in step with Postgres, in both directions, on Kafka.",
    mixinStandardHelpOptions = true,
    versionProvider = CachetideMain.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      DemoCommand.class,
      UpCommand.class,
      RunCommand.class,
      ValidateCommand.class,
      DoctorCommand.class,
      TopicsCommand.class,
      TeardownCommand.class,
      PrintConfigCommand.class,
      CompletionCommand.class,
      ManCommand.class,
      ExplainCommand.class,
      EvictCommand.class,
      ReplayCommand.class,
      WarmCommand.class,
      StatusCommand.class,
      LagCommand.class,
      ConsoleCommand.class,
      DeadLettersCommand.class,
      ConflictsCommand.class,
      PauseCommand.class,
      ResumeCommand.class,
      ResyncCommand.class,
      ArchiveCommand.class,
    },
    footer = {
      "",
      "Try it:",
      "  ./cachetide demo                              a tour on embedded servers, under a minute",
      "  ./cachetide up                                the shop example, ready for psql and"
          + " redis-cli",
      "Use it:",
      "  ./cachetide validate --config cachetide.yaml  what is wrong with a configuration",
      "  ./cachetide doctor --config cachetide.yaml    what is wrong with the live servers",
      "  ./cachetide explain --config cachetide.yaml --from-topic   what left with which change",
      "  ./cachetide replay --dry-run --config cachetide.yaml --rules new.yaml --since 2h",
      "  ./cachetide evict key user:1 --config cachetide.yaml       by hand, L1 caches included",
      "  ./cachetide warm --all --config cachetide.yaml             rows into the cache beforehand",
      "  ./cachetide status --config cachetide.yaml                 how a running pipeline is doing",
      "  ./cachetide lag --config cachetide.yaml                    how far the workers are behind",
      "  ./cachetide console --config cachetide.yaml                all of it on a web page",
      "  ./cachetide dead-letters list --config cachetide.yaml      what could not be applied",
      "  ./cachetide conflicts list --config cachetide.yaml         writes that lost",
      "  ./cachetide pause write-behind --config cachetide.yaml     until resume",
      "  ./cachetide resync public.users --config cachetide.yaml    all that is cached of a table",
      "  ./cachetide run ingest --config cachetide.yaml",
      "",
      "Exit codes: 0 done, 1 it failed, 2 bad input."
    })
public final class CachetideMain {

  static final int OK = 0;
  static final int FAILED = 1;
  static final int BAD_INPUT = 2;

  /** What a terminal shows, and wide enough for the lines of descriptions as they are written. */
  private static final int HELP_WIDTH = 100;

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    Shutdown.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    CommandLine line =
        new CommandLine(new CachetideMain())
            .setUsageHelpWidth(HELP_WIDTH)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setExecutionExceptionHandler(CachetideMain::explain);
    Map<String, CommandLine.IHelpSectionRenderer> sections =
        new HashMap<>(line.getHelpSectionMap());
    sections.put(SECTION_KEY_COMMAND_LIST, new CommandList());
    return line.setHelpSectionMap(sections); // of its subcommands too
  }

  /** The one place where an exception that nobody foresaw becomes a message and an exit code. */
  private static int explain(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
    if (e instanceof ConfigurationRejected rejected) {
      command.getErr().println(rejected.getMessage());
      return BAD_INPUT;
    }
    if (e instanceof SQLException) {
      command.getErr().println("cachetide: Postgres does not answer as hoped: " + e.getMessage());
      return FAILED;
    }
    if (e instanceof KafkaException) {
      command
          .getErr()
          .println(
              "cachetide: " + Advice.with("Kafka does not answer as hoped: " + e.getMessage(), e));
      return FAILED;
    }
    command.getErr().println("cachetide: " + e);
    e.printStackTrace(command.getErr());
    return FAILED;
  }

  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = CachetideMain.class.getPackage().getImplementationVersion();
      return new String[] {"cachetide " + (version == null ? "(development build)" : version)};
    }
  }
}
