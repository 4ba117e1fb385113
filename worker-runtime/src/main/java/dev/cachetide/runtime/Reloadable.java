package dev.cachetide.runtime;

import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import java.sql.SQLException;
import java.util.List;

/** A program that takes changed rules over while it runs. Safe to call from any thread. */
public interface Reloadable {

  /**
   * Goes by the rules of other settings from the next moment on at which that is safe. Only the
   * rules are taken over; the program never stops for them, and what it did by the old ones is made
   * up for.
   *
   * @param settings of the same pipeline
   * @return every problem; the rules that hold go on unless it is empty
   * @throws SQLException when Postgres, which must be asked, is away: the rules that hold go on
   */
  List<Problem> reload(PipelineSettings settings) throws SQLException;
}
