/**
 * Changes that were published before, read again without being part of the workers' group; start at
 * {@link dev.cachetide.invalidation.history.ChangeHistory}.
 */
@NullMarked
package dev.cachetide.invalidation.history;

import org.jspecify.annotations.NullMarked;
