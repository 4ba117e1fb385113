@NullMarked
package dev.cachetide.internal;

import org.jspecify.annotations.NullMarked;
