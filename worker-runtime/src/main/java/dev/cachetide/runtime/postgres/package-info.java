/**
 * What the programs share about Postgres: connections, the tables Cachetide keeps there, the
 * catalogue of the user's tables, and when a transaction becomes visible.
 *
 * <p>Four entry points: {@link dev.cachetide.runtime.postgres.PostgresConnector}, {@link
 * dev.cachetide.runtime.postgres.CachetideSchema}, {@link dev.cachetide.runtime.postgres.Catalog}
 * and {@link dev.cachetide.runtime.postgres.VisibilityGate}.
 */
@NullMarked
package dev.cachetide.runtime.postgres;

import org.jspecify.annotations.NullMarked;
