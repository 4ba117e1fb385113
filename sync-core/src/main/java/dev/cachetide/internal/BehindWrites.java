package dev.cachetide.internal;

import dev.cachetide.BacklogException;
import dev.cachetide.Receipt;
import dev.cachetide.WriteBehind;
import dev.cachetide.WritePublisher;
import dev.cachetide.WriteRefusedException;
import dev.cachetide.internal.coherence.Trust;
import dev.cachetide.internal.fenced.Entry;
import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.internal.fenced.Store;
import dev.cachetide.wire.WriteCommand;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Write-behind: MARK → publish → PUT.
 *
 * <p>The mark is set before the write is published. Whatever evicts the key after that, be it the
 * write's own echo, which can be faster than Kafka's acknowledgement, takes the mark away, and then
 * the value is not shown: shown after its echo it would stay for nobody to remove.
 */
final class BehindWrites<K, V> implements WriteBehind<K, V> {

  private final Ground ground;
  private final Store store;
  private final Reads<V> reads;
  private final Fills<V> fills;
  private final Payloads<V> payloads;
  private final Functions<K, V> functions;
  private final Evictions<K, V> evictions;
  private final Settings settings;

  BehindWrites(
      Ground ground,
      Store store,
      Reads<V> reads,
      Fills<V> fills,
      Payloads<V> payloads,
      Functions<K, V> functions,
      Evictions<K, V> evictions,
      Settings settings) {
    this.ground = ground;
    this.store = store;
    this.reads = reads;
    this.fills = fills;
    this.payloads = payloads;
    this.functions = functions;
    this.evictions = evictions;
    this.settings = settings;
  }

  @Override
  public Receipt put(K key, WriteCommand command, V value) {
    Receipt receipt = write(key, command, marked -> shown(value));
    point(key, receipt, value);
    return receipt;
  }

  @Override
  public Receipt delete(K key, WriteCommand command) {
    return write(key, command, marked -> shown(null));
  }

  @Override
  public Receipt update(K key, WriteCommand command, UnaryOperator<V> change) {
    AtomicReference<@Nullable V> after = new AtomicReference<>();
    Receipt receipt =
        write(
            key,
            command,
            marked -> {
              V before = value(marked);
              V changed = before == null ? null : change.apply(before);
              after.set(changed);
              return changed == null ? null : shown(changed);
            });
    point(key, receipt, after.get());
    return receipt;
  }

  private void point(K key, Receipt receipt, @Nullable V value) {
    if (receipt.visible() && value != null) {
      ground.guard().await(functions.aliases().stored(key, value));
    }
  }

  private Receipt write(K key, WriteCommand command, Showing showing) {
    byte[] token = store.newToken();
    String base = functions.keyOf().apply(key);
    String at = reads.placeNow(base);
    byte[] marked =
        at == null
            ? null
            : ground.guard().ask(() -> store.mark(at, token, settings.leaseLife())).value();
    Fills.Fill fill;
    WritePublisher.Accepted accepted;
    try {
      fill = showing.of(marked);
      accepted = publish(command, at);
    } catch (RuntimeException e) {
      unmark(at, marked);
      throw e;
    }
    boolean visible = at != null && fill != null && show(at, token, fill, accepted);
    if (fill == null) {
      unmark(at, marked);
    }
    // a refused PUT leaves Redis alone: what stands there is a later write, or newer than this one
    evictions.changed(List.of(base));
    return new Receipt(
        command.id(),
        accepted.partition(),
        accepted.offset(),
        visible,
        settings.publisher().ticket(accepted),
        settings.publisher().receipts());
  }

  private boolean show(String at, byte[] token, Fills.Fill fill, WritePublisher.Accepted accepted) {
    byte[] dirty = fill.content().dirty(accepted.partition(), accepted.offset(), token);
    return ground.guard().ask(() -> store.putDirty(at, token, dirty, settings.dirtyTtl())).isTrue();
  }

  /**
   * A mark on an absent key is a lease, for which readers would wait in vain. Where another write
   * is shown by now, that stays.
   */
  private void unmark(@Nullable String at, byte @Nullable [] marked) {
    if (at != null && marked == null) {
      ground.guard().ask(() -> store.evict(at, Spared.PENDING));
    }
  }

  private WritePublisher.Accepted publish(WriteCommand command, @Nullable String at) {
    try {
      return settings.publisher().publish(command, at).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BacklogException full) {
        throw full;
      }
      throw new WriteRefusedException(e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WriteRefusedException(e);
    }
  }

  private Fills.@Nullable Fill shown(@Nullable V value) {
    Trust trust = ground.coherence().trust();
    if (trust == null) {
      return null;
    }
    return value == null
        ? fills.absent(trust.generation(), Map.of(), settings.dirtyTtl())
        : fills.of(value, trust.generation(), Map.of(), settings.dirtyTtl());
  }

  private @Nullable V value(byte @Nullable [] marked) {
    Trust trust = ground.coherence().trust();
    Entry entry = store.parse(marked);
    try {
      if (trust != null && entry instanceof Entry.Value value) {
        return value(value.bytes(), value.header(), value.body(), trust);
      }
      if (trust != null && entry instanceof Entry.Dirty dirty) {
        return value(dirty.bytes(), dirty.header(), dirty.body(), trust);
      }
      return null;
    } catch (IOException e) {
      // of no use, so nothing is shown until the write is applied
      return null;
    }
  }

  private @Nullable V value(byte[] bytes, Entry.Header header, Entry.Body body, Trust trust)
      throws IOException {
    boolean usable =
        !header.negative()
            && header.generation() == trust.generation()
            && header.expiresAt() > ground.clock().millis();
    return usable ? payloads.decode(bytes, header, body) : null;
  }

  /** What is shown once the write is accepted; null for nothing. */
  private interface Showing {
    Fills.@Nullable Fill of(byte @Nullable [] marked);
  }

  /** What it needs besides. */
  record Settings(WritePublisher publisher, Duration leaseLife, Duration dirtyTtl) {}
}
