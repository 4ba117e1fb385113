package dev.cachetide.ingest;

import dev.cachetide.ingest.SlotCheck.Gap;
import dev.cachetide.ingest.SlotCheck.History;
import dev.cachetide.ingest.SlotCheck.PublicationChange;
import dev.cachetide.ingest.SlotCheck.Slot;
import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Everything that must hold in Postgres before a stream may start: schema, tables, publication,
 * slot, and the answer to a gap.
 */
final class SlotPreparation {

  private static final Logger log = LoggerFactory.getLogger(SlotPreparation.class);

  private final PipelineSettings settings;
  private final IngestMeters meters;
  private final CapturedTables tables;

  SlotPreparation(PipelineSettings settings, CapturedTables tables, IngestMeters meters) {
    this.settings = settings;
    this.tables = tables;
    this.meters = meters;
  }

  /**
   * Returns when streaming may start.
   *
   * @throws SQLException when the server is away or refuses
   * @throws RefusedException when a table cannot be captured
   */
  void run(Connection connection) throws SQLException, RefusedException {
    CachetideSchema.install(connection);
    Set<TableName> captured = tables.all();
    PublicationChange change = new Publication(connection, settings.names()).ensure(captured);
    SlotStore store = new SlotStore(connection, settings.names());
    History history = store.history();
    Slot slot = store.slot();
    if (change == PublicationChange.NONE && !store.captured().containsAll(captured)) {
      change = PublicationChange.TABLES_ADDED;
    }
    Optional<Gap> gap = SlotCheck.gap(change, store.progress(), history, slot);
    if (gap.isPresent()) {
      store.close(gap.get(), slot, history, captured);
      report(gap.get().cause());
    } else {
      store.capture(captured);
    }
  }

  private void report(GapCause cause) {
    meters.gap(cause);
    log.atLevel(cause == GapCause.FIRST_START ? Level.INFO : Level.WARN)
        .addKeyValue("slot", settings.names().slot())
        .addKeyValue("cause", cause.label())
        .log("generation bumped: changes may have been missed");
  }
}
