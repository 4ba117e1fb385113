package dev.cachetide.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code --config FILE}. */
final class ConfigOption {

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description = "The configuration, YAML. docs/configuration.md has every key.")
  private @Nullable Path file;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  @Nullable Path file() {
    return file;
  }

  /**
   * The file.
   *
   * @throws CommandLine.ParameterException when none was given; exit code 2
   */
  Path required() {
    if (file == null) {
      throw new CommandLine.ParameterException(
          java.util.Objects.requireNonNull(command).commandLine(),
          "Missing --config FILE, the configuration to use");
    }
    return file;
  }
}
