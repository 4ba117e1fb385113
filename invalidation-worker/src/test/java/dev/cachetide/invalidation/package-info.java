@NullMarked
package dev.cachetide.invalidation;

import org.jspecify.annotations.NullMarked;
