@NullMarked
package dev.cachetide.runtime.postgres;

import org.jspecify.annotations.NullMarked;
