/** What travels over Kafka between applications, ingest and workers. */
@NullMarked
package dev.cachetide.wire;

import org.jspecify.annotations.NullMarked;
