package dev.cachetide.examples;

import java.math.BigDecimal;

/** A row of {@code products}. */
public record Product(long id, String category, String name, BigDecimal price, int stock) {}
