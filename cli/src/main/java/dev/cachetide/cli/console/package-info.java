/**
 * The operations console: a page, and the JSON that it is made of. {@link
 * dev.cachetide.cli.console.Console} is the first to read; {@link dev.cachetide.cli.console.Gate}
 * says who may ask for what.
 */
@NullMarked
package dev.cachetide.cli.console;

import org.jspecify.annotations.NullMarked;
