package dev.cachetide.invalidation;

import dev.cachetide.invalidation.refresh.Refresh;
import dev.cachetide.invalidation.refresh.RefreshParts;
import dev.cachetide.invalidation.refresh.Warmer;
import dev.cachetide.invalidation.rules.CatalogFacts;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the rows of whole tables under their keys, for a command, while workers go on evicting. See
 * {@link Warmer} for why nothing old stays.
 */
public final class TableWarming implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(TableWarming.class);
  private static final int PAGE_ROWS = 1_000;

  private final GenerationTable generation;
  private final Warmer warmer;

  /**
   * Connects to Redis in the background.
   *
   * @param settings must name Postgres and Redis
   * @param facts of the tables that are warmed
   */
  public TableWarming(PipelineSettings settings, CatalogFacts facts) {
    PostgresConnector postgres =
        new PostgresConnector(
            Objects.requireNonNull(settings.postgres(), "postgres"), "cachetide-warm");
    generation =
        new GenerationTable(
            postgres.named("cachetide-warm-generation"), settings.names().pipeline());
    warmer =
        new RefreshParts(
                Objects.requireNonNull(settings.redis(), "redis"),
                postgres,
                table -> facts.catalog().table(table),
                this::known,
                new InvalidationMeters(new SimpleMeterRegistry(), InstantSource.system()))
            .warmer();
  }

  private OptionalLong known() {
    try {
      return OptionalLong.of(generation.current());
    } catch (SQLException e) {
      // Nothing is put under a generation that is not known; the caller is told so.
      log.atDebug().setCause(e).log("the generation is not known");
      return OptionalLong.empty();
    }
  }

  /**
   * Warms every row of a refresh's table.
   *
   * @param rowsPerSecond at most; 0 for as many as there are
   * @param progress told of the rows read so far
   * @throws SQLException when Postgres fails
   * @throws ExecutionException when Redis refuses
   * @throws TimeoutException when Redis does not answer
   * @throws IllegalArgumentException when the refresh neither creates nor mirrors
   * @throws IllegalStateException when the generation cannot be read
   */
  public Warmer.Counts warm(Refresh refresh, int rowsPerSecond, LongConsumer progress)
      throws SQLException, ExecutionException, TimeoutException, InterruptedException {
    return warmer.warm(refresh, PAGE_ROWS, rowsPerSecond, progress);
  }

  @Override
  public void close() {
    warmer.close();
    generation.close();
  }
}
