/**
 * What became of writes: {@link dev.cachetide.internal.receipts.ReceiptLog} answers, out of what it
 * hears on the topic of receipts.
 */
@org.jspecify.annotations.NullMarked
package dev.cachetide.internal.receipts;
