package dev.cachetide.runtime.settings;

import java.time.Duration;

/**
 * How rules are taken over while the programs run.
 *
 * @param watch whether changed files are noticed without a signal; default true
 * @param interval between two looks at the files, and, where a rule names its tables by a glob, at
 *     the catalogue; default 2 s
 */
public record ReloadSettings(boolean watch, Duration interval) {}
