package dev.cachetide.cli;

import dev.cachetide.runtime.Reloadable;
import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration again and hands its rules to the programs: all of them or none of the
 * file. Whatever is wrong with it, the rules that hold go on. For one thread.
 */
final class RuleReloads {

  private static final Logger log = LoggerFactory.getLogger(RuleReloads.class);

  private final Supplier<LoadedSettings> loader;
  private final CatalogProblems catalog;
  private final List<Reloadable> programs;
  private final MeterRegistry meters;
  private PipelineSettings running;

  /**
   * @param running what the programs were started with
   * @param loader reads the configuration as the command did
   * @param catalog holds it against Postgres
   */
  RuleReloads(
      PipelineSettings running,
      Supplier<LoadedSettings> loader,
      CatalogProblems catalog,
      List<Reloadable> programs,
      MeterRegistry meters) {
    this.running = running;
    this.loader = loader;
    this.catalog = catalog;
    this.programs = List.copyOf(programs);
    this.meters = meters;
    count("ok", 0);
    count("failed", 0);
  }

  /**
   * Reads and, when nothing is wrong, hands over.
   *
   * @return whether that is settled; not while Postgres, which must be asked, is away
   */
  boolean reload() {
    LoadedSettings loaded = loader.get();
    if (loaded instanceof LoadedSettings.Rejected rejected) {
      return refused(rejected.problems());
    }
    PipelineSettings read = ((LoadedSettings.Loaded) loaded).settings();
    PipelineSettings next = running.withRulesOf(read);
    tellOfOtherChanges(read);
    try {
      List<Problem> problems = new ArrayList<>(catalog.of(next));
      for (Reloadable program : problems.isEmpty() ? programs : List.<Reloadable>of()) {
        problems.addAll(program.reload(next));
      }
      return problems.isEmpty() ? taken(next) : refused(problems);
    } catch (SQLException e) {
      log.atWarn()
          .addKeyValue("cause", e.getMessage())
          .log("changed rules wait for Postgres; those that hold go on");
      return false;
    }
  }

  private boolean taken(PipelineSettings next) {
    running = next;
    count("ok", 1);
    log.atInfo().addKeyValue("rules", next.rules().size()).log("the rules were read again");
    return true;
  }

  private boolean refused(List<Problem> problems) {
    count("failed", 1);
    for (Problem problem : problems) {
      log.atError()
          .addKeyValue("file", problem.file())
          .addKeyValue("path", problem.path())
          .addKeyValue("problem", problem.message())
          .addKeyValue("fix", problem.fix())
          .log("the rules are not taken over; those that hold go on");
    }
    return true;
  }

  private void tellOfOtherChanges(PipelineSettings read) {
    List<String> others = new ArrayList<>();
    differs("pipeline", PipelineSettings::names, read, others);
    differs("postgres", PipelineSettings::postgres, read, others);
    differs("kafka", PipelineSettings::kafka, read, others);
    differs("redis", PipelineSettings::redis, read, others);
    differs("ingest", PipelineSettings::ingest, read, others);
    differs("invalidation", PipelineSettings::invalidation, read, others);
    differs("writebehind", PipelineSettings::writebehind, read, others);
    differs("http", PipelineSettings::http, read, others);
    differs("writes", PipelineSettings::writes, read, others);
    differs("reload", PipelineSettings::reload, read, others);
    if (!others.isEmpty()) {
      log.atWarn().addKeyValue("sections", others).log("a change outside rules needs a restart");
    }
  }

  private void differs(
      String section,
      Function<PipelineSettings, ?> value,
      PipelineSettings read,
      List<String> others) {
    if (!Objects.equals(value.apply(running), value.apply(read))) {
      others.add(section);
    }
  }

  private void count(String result, int times) {
    meters.counter("cachetide.reload", "result", result).increment(times);
  }

  /** What Postgres says against some settings. */
  @FunctionalInterface
  interface CatalogProblems {
    /** Every problem. */
    List<Problem> of(PipelineSettings settings) throws SQLException;
  }
}
