/** Every kind of column and every kind of change, from SQL to Redis. */
@NullMarked
package dev.cachetide.system.types;

import org.jspecify.annotations.NullMarked;
