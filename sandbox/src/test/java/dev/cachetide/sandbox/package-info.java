@NullMarked
package dev.cachetide.sandbox;

import org.jspecify.annotations.NullMarked;
