/** Which row touches which cache key; start at {@link dev.cachetide.invalidation.rules.RuleSet}. */
@NullMarked
package dev.cachetide.invalidation.rules;

import org.jspecify.annotations.NullMarked;
