package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.runtime.settings.EffectiveConfig;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code cachetide print-config}. */
@Command(
    name = "print-config",
    description = {
      "Prints the configuration as the programs see it: the file, CACHETIDE_ variables over it,",
      "defaults for the rest, and behind each value where it is from. Passwords and other secrets",
      "are not shown, and what came out of a secret store stands as its reference."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide print-config -c shop.yaml",
      "  cachetide print-config -c shop.yaml --json | jq '.values[] | select(.from !="
          + " \"default\")'",
      "",
      "Exit codes: 0 printed, 2 bad configuration."
    })
final class PrintConfigCommand implements Callable<Integer> {

  @Mixin private ConfigOption config = new ConfigOption();

  @Option(names = "--json", description = "Print one JSON object: a list of path, value and from.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyWarnings();
    var unused = Configuration.load(config.required(), Set.of());
    EffectiveConfig effective =
        EffectiveConfig.of(config.required(), System.getenv()).orElseThrow();
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    ConfigText text = new ConfigText(effective);
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      ObjectNode report = mapper.createObjectNode();
      report.set("values", text.values(mapper));
      out.println(mapper.writerWithDefaultPrettyPrinter().writeValueAsString(report));
    } else {
      text.yaml().forEach(out::println);
    }
    return CachetideMain.OK;
  }
}
