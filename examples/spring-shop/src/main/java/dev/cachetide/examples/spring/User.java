package dev.cachetide.examples.spring;

import org.jspecify.annotations.Nullable;

/** A row of {@code users}. */
public record User(long id, @Nullable String email, String name) {}
