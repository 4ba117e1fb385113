package dev.cachetide.runtime;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record that will never be processed, set aside with its reason.
 *
 * @param record as it was consumed
 * @param stage what failed: {@code decode}, {@code plan} …; constant text
 * @param cause its class and message go into the headers; must not hold row values
 */
public record DeadLetter(ConsumerRecord<byte[], byte[]> record, String stage, Exception cause) {}
