/**
 * The fenced cache protocol: what an entry looks like in Redis and the scripts that change one;
 * start at {@code FencedStore}.
 */
@NullMarked
package dev.cachetide.internal.fenced;

import org.jspecify.annotations.NullMarked;
