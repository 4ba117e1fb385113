/** Tests of the lookups. */
@NullMarked
package dev.cachetide.invalidation.lookup;

import org.jspecify.annotations.NullMarked;
