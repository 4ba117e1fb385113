/**
 * Evictions that somebody asks for by hand; start at {@link
 * dev.cachetide.invalidation.requests.RequestPublisher}.
 */
@NullMarked
package dev.cachetide.invalidation.requests;

import org.jspecify.annotations.NullMarked;
