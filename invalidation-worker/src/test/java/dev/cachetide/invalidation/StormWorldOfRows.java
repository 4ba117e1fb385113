package dev.cachetide.invalidation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.cachetide.wire.Headers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * A few rows, transactions that change them, readers that cache them, and the topic of changes as
 * cdc-ingest writes it: a transaction's events come once it is visible, or early, and then again.
 */
final class StormWorldOfRows {

  static final int ROWS = 12;
  static final int PARTITIONS = 2;
  static final String TOPIC = "shop.public.t";

  final LeaseModel redis = new LeaseModel();
  final long[] visible = new long[ROWS];
  private final List<List<ConsumerRecord<byte[], byte[]>>> log = new ArrayList<>();
  private final int[] next = new int[PARTITIONS];
  private final List<Reader> readers = new ArrayList<>();
  private final List<Map<Integer, Long>> hidden = new ArrayList<>();
  private final List<long[]> hiddenIds = new ArrayList<>();
  private final Random random;
  private final Mistake mistake;
  private long lastVersion;
  private long lastTime;

  StormWorldOfRows(Random random, Mistake mistake) {
    this.random = random;
    this.mistake = mistake;
    for (int partition = 0; partition < PARTITIONS; partition++) {
      log.add(new ArrayList<>());
    }
  }

  /** A transaction; with some luck a big one, and with some its events are published too early. */
  void commit() {
    Map<Integer, Long> changes = new HashMap<>();
    int count = random.nextInt(3) == 0 ? ROWS : 1;
    for (int i = 0; i < count; i++) {
      changes.put(count == ROWS ? i : random.nextInt(ROWS), ++lastVersion);
    }
    // Few ids, so that they are used again.
    long[] id = {random.nextInt(3), mistake == Mistake.ID_ALONE ? 1 : ++lastTime};
    if (random.nextInt(3) == 0) {
      publish(changes, id, true);
      hidden.add(changes);
      hiddenIds.add(id);
    } else {
      show(changes);
      publish(changes, id, false);
    }
  }

  /** What was published early becomes visible, and is published again. */
  void showHidden() {
    if (!hidden.isEmpty()) {
      Map<Integer, Long> changes = hidden.remove(0);
      show(changes);
      publish(changes, hiddenIds.remove(0), false);
    }
  }

  private void show(Map<Integer, Long> changes) {
    changes.forEach((row, version) -> visible[row] = Math.max(visible[row], version));
  }

  private void publish(Map<Integer, Long> changes, long[] id, boolean early) {
    // The rows of a big transaction are changed several times, in several batches.
    for (int round = 0; round < (changes.size() == 1 ? 1 : 2); round++) {
      changes
          .keySet()
          .forEach(
              row -> {
                List<ConsumerRecord<byte[], byte[]>> partition = log.get(row % PARTITIONS);
                var record =
                    new ConsumerRecord<>(
                        TOPIC, row % PARTITIONS, partition.size(), new byte[0], envelope(row));
                record.headers().add(Headers.XID, Long.toString(id[0]).getBytes(UTF_8));
                record.headers().add(Headers.COMMITTED, Long.toString(id[1]).getBytes(UTF_8));
                if (early && mistake != Mistake.EARLY_UNMARKED) {
                  record.headers().add(Headers.EARLY, "1".getBytes(UTF_8));
                }
                partition.add(record);
              });
    }
  }

  private static byte[] envelope(int row) {
    return ("{\"op\":\"u\",\"before\":null,\"after\":{\"id\":" + row + "},\"source\":{}}")
        .getBytes(UTF_8);
  }

  /** Some of the records that are still to be read. */
  ConsumerRecords<byte[], byte[]> poll() {
    Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records = new HashMap<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      int left = log.get(partition).size() - next[partition];
      int count = Math.min(left, random.nextInt(4));
      if (count > 0) {
        records.put(
            new TopicPartition(TOPIC, partition),
            List.copyOf(log.get(partition).subList(next[partition], next[partition] + count)));
        next[partition] += count;
      }
    }
    return new ConsumerRecords<>(records, Map.of());
  }

  /** As after a rebalance: some records come once more. */
  void rewind() {
    int partition = random.nextInt(PARTITIONS);
    next[partition] = Math.max(0, next[partition] - random.nextInt(8));
  }

  boolean allRead() {
    for (int partition = 0; partition < PARTITIONS; partition++) {
      if (next[partition] < log.get(partition).size()) {
        return false;
      }
    }
    return hidden.isEmpty();
  }

  /** A reader begins, or one of those that have begun goes a step further. */
  void read() {
    if (random.nextInt(2) == 0) {
      int row = random.nextInt(ROWS);
      long token = redis.away ? 0 : redis.lease("k:" + row);
      if (token != 0) {
        readers.add(new Reader(row, token));
      }
    } else if (!readers.isEmpty()) {
      Reader reader = readers.get(random.nextInt(readers.size()));
      if (reader.loaded < 0) {
        reader.loaded = visible[reader.row];
      } else {
        redis.fill("k:" + reader.row, reader.token, reader.loaded);
        readers.remove(reader);
      }
    }
  }

  void finishReaders() {
    while (!readers.isEmpty()) {
      read();
    }
  }

  /** What is cached and is not what the database holds. */
  List<String> stale() {
    List<String> stale = new ArrayList<>();
    for (int row = 0; row < ROWS; row++) {
      Long cached = redis.entries.get("k:" + row);
      if (cached != null && cached >= 0 && cached != visible[row]) {
        stale.add("k:" + row);
      }
    }
    return stale;
  }

  /** What the negative controls do wrong. */
  enum Mistake {
    NONE,
    /** Events are skipped although nothing was evicted in their place. */
    NO_SWEEP,
    /** Events that were published early do not say so. */
    EARLY_UNMARKED,
    /** A transaction's id is taken for its name. */
    ID_ALONE
  }

  private static final class Reader {
    private final int row;
    private final long token;
    private long loaded = -1;

    Reader(int row, long token) {
      this.row = row;
      this.token = token;
    }
  }
}
