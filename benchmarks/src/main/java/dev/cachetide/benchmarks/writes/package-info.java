/**
 * How fast writes get into Postgres: Cachetide's write-behind worker beside what one could write by
 * hand and beside Debezium's JDBC sink. Start at {@link dev.cachetide.benchmarks.writes.Writes};
 * what is compared is in {@code Contender}.
 */
@NullMarked
package dev.cachetide.benchmarks.writes;

import org.jspecify.annotations.NullMarked;
