package dev.cachetide.cli;

import java.util.Locale;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The manual page, made of the commands themselves, so that it cannot say anything else. Pure. */
final class ManPage {

  private final StringBuilder roff = new StringBuilder();
  private final CommandSpec root;

  ManPage(CommandSpec root) {
    this.root = root;
  }

  /** In the macros of man(7). */
  String text() {
    String version = String.join(" ", root.version()).replace("cachetide ", "");
    macro("TH", root.name().toUpperCase(Locale.ROOT), "1", "", root.name() + " " + version, "");
    macro("SH", "NAME");
    line(root.name() + " - " + lowered(String.join(" ", root.usageMessage().description())));
    macro("SH", "SYNOPSIS");
    line(synopsis(root));
    macro("SH", "OPTIONS");
    arguments(root);
    macro("SH", "COMMANDS");
    commands(root, "");
    macro("SH", "EXAMPLES");
    block(root.usageMessage().footer());
    macro("SH", "ENVIRONMENT");
    line(
        "CACHETIDE_ and the path of a setting in upper case, such as CACHETIDE_POSTGRES_PASSWORD,"
            + " overrules the configuration file. CACHETIDE_JAVA_OPTS is passed to Java.");
    return roff.toString();
  }

  private void commands(CommandSpec parent, String prefix) {
    parent
        .subcommands()
        .forEach(
            (name, line) -> {
              CommandSpec command = line.getCommandSpec();
              macro("SS", prefix + name);
              line(synopsis(command));
              macro("PP");
              block(command.usageMessage().description());
              arguments(command);
              block(command.usageMessage().footer());
              commands(command, prefix + name + " ");
            });
  }

  private void arguments(CommandSpec command) {
    for (PositionalParamSpec each : command.positionalParameters()) {
      argument(each.paramLabel(), each);
    }
    for (OptionSpec each : command.options()) {
      String value = each.arity().max() == 0 ? "" : " " + each.paramLabel();
      argument(String.join(", ", each.names()) + value, each);
    }
  }

  private void argument(String head, ArgSpec argument) {
    macro("TP");
    line(head);
    line(String.join(" ", argument.description()));
  }

  private static String synopsis(CommandSpec command) {
    return new Help(command, Help.defaultColorScheme(Help.Ansi.OFF))
        .synopsis(0)
        .replaceAll("\\s+", " ")
        .strip();
  }

  /** As it stands, line by line. */
  private void block(String[] lines) {
    if (lines.length == 0) {
      return;
    }
    macro("PP");
    macro("nf");
    for (String each : lines) {
      line(each);
    }
    macro("fi");
  }

  private void macro(String name, String... arguments) {
    roff.append('.').append(name);
    for (String each : arguments) {
      roff.append(" \"").append(escaped(each).replace("\"", "\\(dq")).append('"');
    }
    roff.append('\n');
  }

  private void line(String text) {
    String escaped = escaped(text);
    boolean control = escaped.startsWith(".") || escaped.startsWith("'");
    roff.append(control ? "\\&" : "").append(escaped).append('\n');
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\e").replace("-", "\\-").replace("%n", "\n");
  }

  private static String lowered(String text) {
    return text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
  }
}
