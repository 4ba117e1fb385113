@NullMarked
package dev.cachetide.internal.fenced;

import org.jspecify.annotations.NullMarked;
