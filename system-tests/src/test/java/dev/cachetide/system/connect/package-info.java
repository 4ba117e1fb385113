/** Kafka Connect's Debezium in the place of ingest, set up as docs/connect.md says. */
@NullMarked
package dev.cachetide.system.connect;

import org.jspecify.annotations.NullMarked;
