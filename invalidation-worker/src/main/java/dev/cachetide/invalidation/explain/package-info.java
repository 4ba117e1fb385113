/**
 * What the rules make of a change that somebody describes; start at {@link
 * dev.cachetide.invalidation.explain.GivenChange}.
 */
@NullMarked
package dev.cachetide.invalidation.explain;

import org.jspecify.annotations.NullMarked;
