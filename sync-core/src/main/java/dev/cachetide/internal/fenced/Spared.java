package dev.cachetide.internal.fenced;

import dev.cachetide.internal.redis.Script;
import java.util.List;

/**
 * The dirty entries that an eviction leaves where they are: writes that Kafka has accepted and that
 * are still to be applied on top of what the eviction is for. A set, so that an eviction with
 * several reasons spares what all of them spare.
 */
public sealed interface Spared {

  /** None: whatever stands there leaves. */
  Spared NONE = new Nothing();

  /** All: the change is not one that a write has caused. */
  Spared PENDING = new Pending();

  /** Redis, with {@link #arguments}, for one key. */
  Script SCRIPT = Script.beside(FencedStore.class, "evict.lua");

  /** Those of a partition beyond an offset: the change is the echo of the write at that offset. */
  static Spared after(int partition, long offset) {
    return new After(partition, offset);
  }

  /** What both spare. */
  Spared and(Spared other);

  /**
   * What the script is told, decimal.
   *
   * @throws UnsupportedOperationException when there is nothing to spare: UNLINK does it
   */
  List<String> arguments();

  /** See {@link #NONE}. */
  record Nothing() implements Spared {
    @Override
    public Spared and(Spared other) {
      return this;
    }

    @Override
    public List<String> arguments() {
      throw new UnsupportedOperationException("nothing to spare");
    }
  }

  /** See {@link #PENDING}. */
  record Pending() implements Spared {
    @Override
    public Spared and(Spared other) {
      return other;
    }

    @Override
    public List<String> arguments() {
      return List.of();
    }
  }

  /** See {@link #after}. */
  record After(int partition, long offset) implements Spared {
    @Override
    public Spared and(Spared other) {
      if (!(other instanceof After later)) {
        return other.and(this);
      }
      if (partition != later.partition) {
        return NONE;
      }
      return Long.compareUnsigned(offset, later.offset) < 0 ? later : this;
    }

    @Override
    public List<String> arguments() {
      return List.of(
          Integer.toUnsignedString(partition),
          Long.toString(offset >>> Integer.SIZE),
          Long.toString(offset & 0xFFFF_FFFFL));
    }
  }
}
