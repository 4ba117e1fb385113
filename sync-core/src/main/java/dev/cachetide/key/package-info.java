/** How a row names its cache entries; start at {@link dev.cachetide.key.KeyTemplate}. */
@NullMarked
package dev.cachetide.key;

import org.jspecify.annotations.NullMarked;
