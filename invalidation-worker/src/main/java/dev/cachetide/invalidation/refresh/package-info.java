/**
 * What is put under a key when its row changes; start at {@link
 * dev.cachetide.invalidation.refresh.Refresher}.
 */
@NullMarked
package dev.cachetide.invalidation.refresh;

import org.jspecify.annotations.NullMarked;
