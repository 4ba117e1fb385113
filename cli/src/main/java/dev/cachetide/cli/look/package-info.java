/**
 * What the servers of a pipeline tell when they are asked from outside, for commands and pages
 * alike. {@link dev.cachetide.cli.look.Source} is the first to read: one server that is asked again
 * and again. Each {@code …Look} asks, each {@code …Facts} is what it was told. Changes nothing.
 */
@NullMarked
package dev.cachetide.cli.look;

import org.jspecify.annotations.NullMarked;
