/** The codecs that {@link dev.cachetide.Codec} hands out. */
@NullMarked
package dev.cachetide.internal.codec;

import org.jspecify.annotations.NullMarked;
