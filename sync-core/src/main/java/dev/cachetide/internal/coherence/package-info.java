/**
 * Whether what is cached may be believed now, and what the invalidation workers say; start at
 * {@code Coherence}.
 */
@NullMarked
package dev.cachetide.internal.coherence;

import org.jspecify.annotations.NullMarked;
