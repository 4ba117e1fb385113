package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.parked.LetterException;
import dev.cachetide.cli.parked.LetterId;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Does something about things set aside, one after the other, and tells what came of each. */
final class LettersResolution {

  private static final int SHOWN = 50;

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean json;
  private final String done;
  private final List<Result> results = new ArrayList<>();

  /**
   * @param done the word for it, {@code replayed}
   */
  LettersResolution(CommandLine command, boolean json, String done) {
    out = command.getOut();
    err = command.getErr();
    this.json = json;
    this.done = done;
  }

  /**
   * Asks first where there are several. A server that does not answer ends it; what was done before
   * is told.
   *
   * @return the exit code
   */
  int run(List<LetterId> ids, Confirmation confirmation, Step step) throws Exception {
    if (ids.size() > 1
        && !confirmation.given(err, ids.size() + " are to be " + done + ". Go on?")) {
      err.println("cachetide: nothing was " + done);
      return CachetideMain.FAILED;
    }
    Progress progress = new Progress(err, done);
    boolean answered = true;
    for (int i = 0; i < ids.size() && answered; i++) {
      answered = answers(ids.get(i), step);
      progress.reached(i + 1L, ids.size());
    }
    report();
    return answered && results.stream().allMatch(Result::ok)
        ? CachetideMain.OK
        : CachetideMain.FAILED;
  }

  private boolean answers(LetterId id, Step step) throws InterruptedException {
    try {
      results.add(new Result(id, true, step.on(id)));
      return true;
    } catch (LetterException e) {
      results.add(new Result(id, false, e.getMessage()));
      return true;
    } catch (SQLException e) {
      results.add(new Result(id, false, "Postgres does not answer as hoped: " + e.getMessage()));
      return false;
    } catch (KafkaException e) {
      results.add(new Result(id, false, "Kafka does not answer as hoped: " + e.getMessage()));
      return false;
    }
  }

  private void report() throws Exception {
    long ok = results.stream().filter(Result::ok).count();
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      ObjectNode report =
          mapper.createObjectNode().put(done, ok).put("failed", results.size() - ok);
      ArrayNode list = report.putArray("results");
      results.forEach(
          each ->
              list.addObject()
                  .put("id", each.id().toString())
                  .put("ok", each.ok())
                  .put("at", each.ok() && !each.told().isEmpty() ? each.told() : null)
                  .put("problem", each.ok() ? null : each.told()));
      out.println(mapper.writeValueAsString(report));
      return;
    }
    TextTable table = new TextTable("");
    results.stream()
        .filter(Result::ok)
        .limit(SHOWN)
        .forEach(each -> table.add(each.id().toString(), done, each.told()));
    table.lines().forEach(out::println);
    if (ok > SHOWN) {
      out.printf("… and %,d more%n", ok - SHOWN);
    }
    if (results.isEmpty()) {
      out.println("nothing to be " + done);
    }
    results.stream()
        .filter(each -> !each.ok())
        .forEach(each -> err.println("cachetide: " + each.id() + ": " + each.told()));
  }

  private record Result(LetterId id, boolean ok, @Nullable String text) {
    String told() {
      return text == null ? "" : text;
    }
  }

  /** What is done about one. */
  interface Step {
    /** Where it went; empty when nowhere. */
    String on(LetterId id) throws SQLException, LetterException, InterruptedException;
  }
}
