/**
 * Real servers embedded in one JVM, the faults to do to them, and child JVMs to kill. Begin with
 * {@link dev.cachetide.sandbox.Sandbox}; Redis's other topologies are {@link
 * dev.cachetide.sandbox.SandboxRedisCluster} and {@link dev.cachetide.sandbox.SandboxSentinel}.
 */
@NullMarked
package dev.cachetide.sandbox;

import org.jspecify.annotations.NullMarked;
