package dev.cachetide.distribution;

/** A command that has ended, and how long it took. */
record Ran(int exitCode, String out, String err, double seconds) {}
