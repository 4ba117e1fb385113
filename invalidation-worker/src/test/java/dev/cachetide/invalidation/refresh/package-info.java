@NullMarked
package dev.cachetide.invalidation.refresh;

import org.jspecify.annotations.NullMarked;
