/**
 * The client side of Cachetide: what an application depends on.
 *
 * <p>Wire types live in {@link dev.cachetide.wire}; the templates that name cache keys live in
 * {@code dev.cachetide.key}.
 */
@NullMarked
package dev.cachetide;

import org.jspecify.annotations.NullMarked;
