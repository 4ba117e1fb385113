package dev.cachetide.invalidation;

import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.TransactionId;
import dev.cachetide.wire.Headers;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * Which transaction a change event belongs to, as far as that may be relied on: null unless the
 * transaction is visible by the time that the event has passed the gate.
 *
 * <p>cdc-ingest says it in headers, which need no parsing of the event; what it had to publish
 * before the transaction was visible is marked, and comes again. Events of somebody else's Debezium
 * say it in the envelope, and the worker's own gate sees to the rest.
 */
enum TransactionOf {
  /** Events of cdc-ingest. */
  HEADERS {
    @Override
    @Nullable TransactionId before(ConsumerRecord<byte[], byte[]> record) {
      if (record.headers().lastHeader(Headers.EARLY) != null) {
        return null;
      }
      return id(number(record, Headers.XID), number(record, Headers.COMMITTED));
    }

    @Override
    @Nullable TransactionId after(ChangeEvent event, @Nullable TransactionId before) {
      return before;
    }
  },
  /** Events of Kafka Connect or Debezium Server. */
  ENVELOPE {
    @Override
    @Nullable TransactionId before(ConsumerRecord<byte[], byte[]> record) {
      return null;
    }

    @Override
    @Nullable TransactionId after(ChangeEvent event, @Nullable TransactionId before) {
      return id(event.xid(), event.committedMicros());
    }
  };

  private static final int MOST_DIGITS = 18;

  /** What can be told before the event is decoded. */
  abstract @Nullable TransactionId before(ConsumerRecord<byte[], byte[]> record);

  /** What can be told afterwards. */
  abstract @Nullable TransactionId after(ChangeEvent event, @Nullable TransactionId before);

  private static @Nullable TransactionId id(long xid, long committedMicros) {
    return xid < 0 || committedMicros < 0 ? null : new TransactionId(xid, committedMicros);
  }

  /** -1 when there is none. */
  static long number(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    byte[] digits = header == null ? null : header.value();
    if (digits == null || digits.length == 0 || digits.length > MOST_DIGITS) {
      return -1;
    }
    long number = 0;
    for (byte digit : digits) {
      if (digit < '0' || digit > '9') {
        return -1;
      }
      number = 10 * number + (digit - '0');
    }
    return number;
  }
}
