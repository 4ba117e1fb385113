@NullMarked
package dev.cachetide.internal.redis;

import org.jspecify.annotations.NullMarked;
