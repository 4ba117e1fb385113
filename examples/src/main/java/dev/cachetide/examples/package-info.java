/**
 * Services as an application would write them, {@link dev.cachetide.examples.UserService} and
 * {@link dev.cachetide.examples.ProductService}, and a tour of every caching strategy, {@link
 * dev.cachetide.examples.StrategiesTour}.
 */
@NullMarked
package dev.cachetide.examples;

import org.jspecify.annotations.NullMarked;
