/** The example's tests. */
package dev.cachetide.examples.spring;
