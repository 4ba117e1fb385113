/** Tests of what is known of writes. */
@org.jspecify.annotations.NullMarked
package dev.cachetide.internal.receipts;
