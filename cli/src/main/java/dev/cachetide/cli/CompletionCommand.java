package dev.cachetide.cli;

import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code cachetide completion SHELL}. */
@Command(
    name = "completion",
    description = "Prints what makes a shell complete commands, options and their values.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  source <(cachetide completion bash)",
      "  cachetide completion bash > /etc/bash_completion.d/cachetide",
      "  echo 'source <(cachetide completion zsh)' >> ~/.zshrc"
    })
final class CompletionCommand implements Callable<Integer> {

  private static final String ZSH =
      "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n";

  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}")
  private @Nullable Shell shell;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    CommandLine root = Objects.requireNonNull(spec).root().commandLine();
    String script = AutoComplete.bash(root.getCommandName(), root);
    root.getOut().println(shell == Shell.ZSH ? ZSH + script : script);
    return CachetideMain.OK;
  }

  private enum Shell {
    BASH,
    ZSH;

    /** As it is typed. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
