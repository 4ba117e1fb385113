/** Tests of the configuration file. */
@NullMarked
package dev.cachetide.runtime.settings;

import org.jspecify.annotations.NullMarked;
