@NullMarked
package dev.cachetide.internal.near;

import org.jspecify.annotations.NullMarked;
