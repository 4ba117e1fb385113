/** Tests of reading SQL. */
@NullMarked
package dev.cachetide.runtime.sql;

import org.jspecify.annotations.NullMarked;
