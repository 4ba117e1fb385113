/**
 * What was set aside, for people to list, read, put right and send again. {@link
 * dev.cachetide.cli.parked.DeadLetters} is the first to read; it prints nothing, so that commands
 * and pages share it.
 */
@NullMarked
package dev.cachetide.cli.parked;

import org.jspecify.annotations.NullMarked;
