/**
 * Spring's cache annotations on the fenced cache. Begin with {@link
 * dev.cachetide.spring.CachetideCacheManager}; the flow of a read is {@code FencedAdvice}, then
 * {@code FencedCache}.
 */
@NullMarked
package dev.cachetide.spring;

import org.jspecify.annotations.NullMarked;
