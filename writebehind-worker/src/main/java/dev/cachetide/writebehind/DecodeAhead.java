package dev.cachetide.writebehind;

import dev.cachetide.writebehind.BatchPlan.Decoded;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Decodes and plans what was polled, on a thread of its own, while Postgres works on what came
 * before it. Only some chunks ahead: more would be more memory that lives long enough to cost the
 * collector dear, and would save no time.
 *
 * <p>Remembers the one poll that is being applied: it is handed over several times when it is not
 * finished at once.
 */
final class DecodeAhead implements AutoCloseable {

  private static final int CHUNKS_AHEAD = 16;
  private static final long END_SECONDS = 5;

  private final ExecutorService executor =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "write-behind-decode");
            thread.setDaemon(true);
            return thread;
          });
  private final Supplier<WriteCatalog> catalog;
  private final LookAhead look;
  private @Nullable ConsumerRecords<byte[], byte[]> current;
  private Map<TopicPartition, Stretch> stretches = Map.of();
  private final Deque<Runnable> waiting = new ArrayDeque<>();

  /** Foresees effects by the catalogue of the moment; any thread asks for it. */
  DecodeAhead(Supplier<WriteCatalog> catalog, LookAhead look) {
    this.catalog = catalog;
    this.look = look;
  }

  /** By partition, in the order of the poll. */
  Map<TopicPartition, Stretch> of(ConsumerRecords<byte[], byte[]> polled) {
    if (polled != current) {
      forget();
      current = polled;
      stretches = new LinkedHashMap<>();
      for (TopicPartition partition : polled.partitions()) {
        Stretch stretch = new Stretch(polled.records(partition), this::decode, this::decodeNext);
        stretches.put(partition, stretch);
        waiting.addAll(stretch.chunks());
      }
      for (int i = 0; i < CHUNKS_AHEAD; i++) {
        decodeNext();
      }
    }
    return stretches;
  }

  private Supplier<List<Decoded>> decode(List<ConsumerRecord<byte[], byte[]>> records) {
    return look.at(BatchPlan.decode(records, catalog.get()));
  }

  private void decodeNext() {
    Runnable next = waiting.poll();
    if (next != null) {
      executor.execute(next);
    }
  }

  /** Lets the memory go. */
  void forget() {
    current = null;
    stretches = Map.of();
    waiting.clear();
  }

  @Override
  public void close() {
    forget();
    executor.shutdownNow();
    try {
      if (!executor.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("decoding does not end");
      }
    } catch (InterruptedException e) {
      // the caller is in a hurry, and the thread is a daemon
      Thread.currentThread().interrupt();
    }
    look.close();
  }
}
