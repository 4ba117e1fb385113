/** A negative control that reaches into ingest. */
@NullMarked
package dev.cachetide.ingest;

import org.jspecify.annotations.NullMarked;
