/** The one place where the client library touches Redis; start at {@code RedisLink}. */
@NullMarked
package dev.cachetide.internal.redis;

import org.jspecify.annotations.NullMarked;
