/**
 * Write-behind under faults: {@link dev.cachetide.system.writes.ExactlyOnceIT} and the harness that
 * can tell one effect from two and from none.
 */
@NullMarked
package dev.cachetide.system.writes;

import org.jspecify.annotations.NullMarked;
