@NullMarked
package dev.cachetide.cli;

import org.jspecify.annotations.NullMarked;
