/**
 * Everything that the rules name for a table leaves; {@link dev.cachetide.cli.resync.TableResync}
 * is the first to read.
 */
@NullMarked
package dev.cachetide.cli.resync;

import org.jspecify.annotations.NullMarked;
