/** The tour that {@code cachetide demo} gives; start at {@link dev.cachetide.cli.demo.Demo}. */
@NullMarked
package dev.cachetide.cli.demo;

import org.jspecify.annotations.NullMarked;
