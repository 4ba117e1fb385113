/**
 * A key that is in Redis is read, again and again: the hit path of Cachetide beside a plain GET and
 * beside its peers, under JMH, in one run on one Redis. Start at {@link
 * dev.cachetide.benchmarks.hits.Hits}; what is measured is {@link
 * dev.cachetide.benchmarks.hits.HitBenchmark}.
 */
@NullMarked
package dev.cachetide.benchmarks.hits;

import org.jspecify.annotations.NullMarked;
