@NullMarked
package dev.cachetide.internal.coherence;

import org.jspecify.annotations.NullMarked;
