package dev.cachetide.cli.parked;

/** Where Kafka has put what was sent again. */
public record Replayed(LetterId id, String topic, int partition, long offset) {}
