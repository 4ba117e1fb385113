/**
 * The race harness: writers and stalling readers on few hot rows, with the real pipeline between
 * them, for any {@link dev.cachetide.system.race.CacheUnderTest}. Begin with {@link
 * dev.cachetide.system.race.Race}.
 */
@NullMarked
package dev.cachetide.system.race;

import org.jspecify.annotations.NullMarked;
