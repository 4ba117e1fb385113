package dev.cachetide.cli;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code cachetide man}. */
@Command(
    name = "man",
    description = "Prints the manual page, with every command and option, for man to read.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide man | man -l -",
      "  cachetide man > /usr/local/share/man/man1/cachetide.1"
    })
final class ManCommand implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    CommandSpec root = Objects.requireNonNull(spec).root();
    root.commandLine().getOut().print(new ManPage(root).text());
    root.commandLine().getOut().flush();
    return CachetideMain.OK;
  }
}
