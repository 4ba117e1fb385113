package dev.cachetide.cli;

import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.Column.Overflow;
import picocli.CommandLine.Help.TextTable;
import picocli.CommandLine.IHelpSectionRenderer;

/**
 * The commands of a help page, each with the first sentence of its description; picocli would take
 * the first line, which may break off in mid-sentence.
 */
final class CommandList implements IHelpSectionRenderer {

  private static final int NAME = 18;

  @Override
  public String render(Help help) {
    int width = help.commandSpec().usageMessage().width();
    TextTable table =
        TextTable.forColumns(
            help.colorScheme(),
            new Column(NAME, 2, Overflow.SPAN),
            new Column(width - NAME, 0, Overflow.WRAP));
    help.subcommands()
        .forEach(
            (name, command) ->
                table.addRowValues(
                    help.colorScheme().commandText(name),
                    help.colorScheme().text(firstSentence(command))));
    return table.toString();
  }

  private static String firstSentence(Help command) {
    String all = String.join(" ", command.commandSpec().usageMessage().description());
    int end = all.indexOf(". ");
    int paragraph = all.indexOf("  ");
    String sentence = end < 0 ? all : all.substring(0, end + 1);
    return paragraph < 0 || paragraph > sentence.length() ? sentence : all.substring(0, paragraph);
  }
}
