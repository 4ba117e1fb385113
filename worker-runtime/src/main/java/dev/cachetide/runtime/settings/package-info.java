/** The configuration file as records that cannot be wrong; start at {@code SettingsLoader}. */
@NullMarked
package dev.cachetide.runtime.settings;

import org.jspecify.annotations.NullMarked;
