package dev.cachetide.writebehind;

/**
 * A partition as Kafka has it.
 *
 * @param topicId another one means another topic under the same name
 * @param start the offset of the oldest record still there
 * @param end the offset that the next record will have
 */
record PartitionLog(String topicId, long start, long end) {}
