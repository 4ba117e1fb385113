@NullMarked
package dev.cachetide.writebehind;

import org.jspecify.annotations.NullMarked;
