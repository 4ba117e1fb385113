/** The {@code cachetide} command; start at {@link dev.cachetide.cli.CachetideMain}. */
@NullMarked
package dev.cachetide.cli;

import org.jspecify.annotations.NullMarked;
