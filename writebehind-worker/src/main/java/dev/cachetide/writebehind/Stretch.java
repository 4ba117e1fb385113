package dev.cachetide.writebehind;

import dev.cachetide.writebehind.BatchPlan.Decoded;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.InterruptException;

/**
 * One partition's records of one poll, cut into transactions. Decoding does not need the claim, so
 * it may run ahead of it, in chunks.
 */
final class Stretch {

  /** Small enough that the first transaction does not wait long. */
  static final int CHUNK = 1_000;

  private final List<ConsumerRecord<byte[], byte[]>> records;
  private final List<Chunk> chunks = new ArrayList<>();
  private final Runnable chunkTaken;

  /** Cuts; {@code chunkTaken} is told of every chunk that a transaction takes the first time. */
  Stretch(List<ConsumerRecord<byte[], byte[]>> records, Decoder decoder, Runnable chunkTaken) {
    this.records = records;
    this.chunkTaken = chunkTaken;
    for (int from = 0; from < records.size(); from += CHUNK) {
      var part = records.subList(from, Math.min(records.size(), from + CHUNK));
      chunks.add(new Chunk(() -> decoder.decode(part)));
    }
  }

  /** What may be decoded ahead, by any thread, in this order. */
  List<? extends Runnable> chunks() {
    return chunks;
  }

  /** How many records stand at or behind the offset. */
  int due(long offset) {
    return records.size() - index(offset);
  }

  /**
   * The first records at or behind the offset, as many as one transaction takes.
   *
   * @return one at least; empty when there is none
   */
  List<Decoded> next(long offset, int maxRecords, long maxBytes) {
    int from = index(offset);
    int to = from;
    long bytes = 0;
    while (to < records.size() && to - from < maxRecords) {
      bytes += bytes(records.get(to));
      if (to > from && bytes > maxBytes) {
        break;
      }
      to++;
    }
    return decoded(from, to);
  }

  /** Offsets may have gaps. */
  private int index(long offset) {
    int low = 0;
    int high = records.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (records.get(middle).offset() < offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private List<Decoded> decoded(int from, int to) {
    // whoever has to wait for the first helps with the last
    for (int i = (to - 1) / CHUNK; i > from / CHUNK; i--) {
      chunks.get(i).run();
    }
    List<Decoded> decoded = new ArrayList<>(to - from);
    for (int next = from; next < to; ) {
      int start = next / CHUNK * CHUNK;
      int end = Math.min(to, start + CHUNK);
      decoded.addAll(take(chunks.get(next / CHUNK)).subList(next - start, end - start));
      next = end;
    }
    return decoded;
  }

  private List<Decoded> take(Chunk chunk) {
    if (!chunk.taken) {
      chunk.taken = true;
      chunkTaken.run();
    }
    return chunk.decoded();
  }

  private static long bytes(ConsumerRecord<byte[], byte[]> record) {
    byte[] key = record.key();
    byte[] value = record.value();
    return (key == null ? 0L : key.length) + (value == null ? 0L : value.length);
  }

  /** Reads records; called by any thread. */
  interface Decoder {
    /** Returns what waits for whatever is still being found out about them. */
    Supplier<List<Decoded>> decode(List<ConsumerRecord<byte[], byte[]>> records);
  }

  /** Decoded once, by whoever comes first. */
  private static final class Chunk implements Runnable {
    private final FutureTask<Supplier<List<Decoded>>> task;
    private boolean taken;

    Chunk(Callable<Supplier<List<Decoded>>> decoding) {
      task = new FutureTask<>(decoding);
    }

    @Override
    public void run() {
      task.run();
    }

    List<Decoded> decoded() {
      task.run();
      try {
        return task.get().get();
      } catch (InterruptedException e) {
        throw new InterruptException(e);
      } catch (ExecutionException e) {
        // what is no command is a value: this is a mistake of ours, and the loop's thread ends
        throw new IllegalStateException("decoding failed", e.getCause());
      }
    }
  }
}
