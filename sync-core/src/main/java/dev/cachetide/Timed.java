package dev.cachetide;

import java.time.Duration;

/** A value and how long to keep it. */
public record Timed<V>(V value, Duration ttl) {}
