@NullMarked
package dev.cachetide.benchmarks.hits;

import org.jspecify.annotations.NullMarked;
