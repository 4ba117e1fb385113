/**
 * The shop's users on Spring Boot: begin with {@link dev.cachetide.examples.spring.UserRepository}.
 */
@NullMarked
package dev.cachetide.examples.spring;

import org.jspecify.annotations.NullMarked;
