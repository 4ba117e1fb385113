/**
 * What {@code cachetide doctor} finds: facts that each server tells, and checks that are pure. A
 * check more is a method more in the list of its server's class; start at {@link
 * dev.cachetide.cli.doctor.Doctor}.
 */
@NullMarked
package dev.cachetide.cli.doctor;

import org.jspecify.annotations.NullMarked;
