package dev.cachetide.cli;

import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.Readiness;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import java.util.stream.Collectors;

/** How a world is doing, in one line. */
final class StatusLine {

  private final World world;

  StatusLine(World world) {
    this.world = world;
  }

  String text() {
    return world.programs().stream().map(StatusLine::state).collect(Collectors.joining("  "))
        + String.format(
            "  │ changes %,d  evicted %,d  writes %,d  dead letters %,d  lag %,d",
            captured(),
            count("cachetide.invalidation.keys.removed"),
            count("cachetide.writebehind.commands"),
            count("cachetide.writebehind.parked") + count("cachetide.consumer.parked"),
            lag());
  }

  /** How many row changes ingest has published so far. */
  long captured() {
    return count("cachetide.ingest.events.published");
  }

  private static String state(Program program) {
    Readiness readiness = program.readiness();
    return program.name() + (readiness.ready() ? " ✓" : " … (" + readiness.reason() + ")");
  }

  private long count(String name) {
    return (long) world.meters().find(name).counters().stream().mapToDouble(Counter::count).sum();
  }

  private long lag() {
    return (long)
        world.meters().find("cachetide.consumer.lag").gauges().stream()
            .mapToDouble(Gauge::value)
            .sum();
  }
}
