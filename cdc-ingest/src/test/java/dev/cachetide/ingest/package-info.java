@NullMarked
package dev.cachetide.ingest;

import org.jspecify.annotations.NullMarked;
