/** Tests of the loop and its surroundings. */
@NullMarked
package dev.cachetide.runtime;

import org.jspecify.annotations.NullMarked;
