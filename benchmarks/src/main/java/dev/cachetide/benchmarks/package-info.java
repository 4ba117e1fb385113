@NullMarked
package dev.cachetide.benchmarks;

import org.jspecify.annotations.NullMarked;
