/**
 * Real servers embedded in one JVM, the faults to do to them, and child JVMs to kill. Begin with
 * {@link dev.cachetide.sandbox.Sandbox}.
 */
@NullMarked
package dev.cachetide.sandbox;

import org.jspecify.annotations.NullMarked;
