package dev.cachetide.examples;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.examples.Step.Shown;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Walks through every caching strategy on embedded servers with the real pipeline, and checks each
 * thing that it shows. {@code --json} prints one object to stdout, progress goes to stderr.
 *
 * <p>Exit codes: 0 everything held, 1 something did not.
 */
public final class StrategiesTour {

  private final PrintStream people;

  private StrategiesTour(PrintStream people) {
    this.people = people;
  }

  /** The tour. */
  public static void main(String[] args) throws Exception {
    for (String level : List.of("cachetide.log.level", "cachetide.log.libraries")) {
      if (System.getProperty(level) == null) {
        // Redis is stopped on purpose, which is reported as a warning by everybody
        System.setProperty(level, "ERROR");
      }
    }
    boolean json = List.of(args).contains("--json");
    System.exit(run(json, System.out, System.err) ? 0 : 1);
  }

  /** Whether everything held. */
  static boolean run(boolean json, PrintStream out, PrintStream err) throws Exception {
    long began = System.nanoTime();
    List<Shown> shown = new StrategiesTour(json ? err : out).walk();
    boolean ok = shown.stream().allMatch(Shown::ok);
    double seconds = Math.round((System.nanoTime() - began) / 1e8) / 10.0;
    if (json) {
      out.println(new ObjectMapper().writeValueAsString(report(ok, seconds, shown)));
    } else {
      out.printf("%n%s, %.1f s%n", ok ? "everything held" : "NOT everything held", seconds);
    }
    out.flush();
    return ok;
  }

  private List<Shown> walk() throws Exception {
    people.println("starting embedded Postgres, Kafka and Redis, and the pipeline ...");
    List<Shown> shown = new ArrayList<>();
    try (EmbeddedShop shop = EmbeddedShop.start()) {
      for (Step step : steps()) {
        Shown how = step.show(shop);
        shown.add(how);
        people.printf(
            "%s %-30s %s%n%32s %s%n",
            how.ok() ? "✓" : "✗", how.strategy(), how.did(), "", how.saw());
      }
    }
    return shown;
  }

  /** Redis is stopped last. */
  private static List<Step> steps() {
    return Stream.of(
            ReadSteps.all(),
            WriteSteps.all(),
            InventorySteps.all(),
            NearSteps.all(),
            EvictionSteps.all(),
            EventSteps.all(),
            WarmSteps.all(),
            ProtectionSteps.all())
        .flatMap(List::stream)
        .toList();
  }

  private static ObjectNode report(boolean ok, double seconds, List<Shown> shown) {
    ObjectNode report = new ObjectMapper().createObjectNode().put("ok", ok).put("seconds", seconds);
    ArrayNode strategies = report.putArray("strategies");
    for (Shown how : shown) {
      strategies
          .addObject()
          .put("strategy", how.strategy())
          .put("did", how.did())
          .put("saw", how.saw())
          .put("ok", how.ok())
          .put("millis", how.millis());
    }
    return report;
  }
}
