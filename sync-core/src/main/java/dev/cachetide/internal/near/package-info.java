/** L1: what a process holds of a cache itself; start at {@code NearCache}. */
@NullMarked
package dev.cachetide.internal.near;

import org.jspecify.annotations.NullMarked;
