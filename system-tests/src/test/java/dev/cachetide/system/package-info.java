/** The whole pipeline, under faults. Long forms run with {@code -Dfull}. */
@NullMarked
package dev.cachetide.system;

import org.jspecify.annotations.NullMarked;
