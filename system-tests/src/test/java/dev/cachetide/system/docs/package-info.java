/** What the documentation shows, run. */
@NullMarked
package dev.cachetide.system.docs;

import org.jspecify.annotations.NullMarked;
