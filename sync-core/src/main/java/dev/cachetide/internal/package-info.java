/**
 * Behind the API: the read path ({@code Reads}, {@code Loads}), the writes, and what they share.
 * Start at {@code DefaultCache}.
 */
@NullMarked
package dev.cachetide.internal;

import org.jspecify.annotations.NullMarked;
