package dev.cachetide;

/**
 * A write that Kafka has accepted: it will take effect in Postgres exactly once, or be recorded as
 * a dead letter there.
 *
 * @param writeId the command's id, the application's own or a random one
 * @param partition of the write topic
 * @param offset in that partition; the write is applied once {@code
 *     cachetide.consumer_offset.next_offset} is beyond it
 * @param visible whether readers of the cache see it already; if not they will once it is applied
 */
public record Receipt(String writeId, int partition, long offset, boolean visible) {}
