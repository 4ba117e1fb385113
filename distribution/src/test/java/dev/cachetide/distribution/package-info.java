/** What is installed, used as it is installed; start at {@link Installation}. */
@NullMarked
package dev.cachetide.distribution;

import org.jspecify.annotations.NullMarked;
