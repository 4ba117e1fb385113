@NullMarked
package dev.cachetide.examples;

import org.jspecify.annotations.NullMarked;
