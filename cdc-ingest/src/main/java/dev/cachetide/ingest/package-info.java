/**
 * Postgres's WAL to Kafka: every committed row change of the captured tables, at least once, in
 * order, and never before a reader can see it.
 *
 * <p>Start at {@link dev.cachetide.ingest.CdcIngest}; the flow of one batch is {@code
 * BatchHandler}.
 */
@NullMarked
package dev.cachetide.ingest;

import org.jspecify.annotations.NullMarked;
