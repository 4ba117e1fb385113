package dev.cachetide.internal.fenced;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.cachetide.internal.fenced.TinyDatabase.Transaction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Those without whom nothing would go wrong: other transactions, the worker that applies accepted
 * writes, deliveries in any order with zombies of any age, and a Redis that forgets.
 */
final class Courier {

  private static final List<String> FOREIGN =
      List.of("", "x", "Vanilla", "Done", "Lorem ipsum dolor sit amet", "Love and rocketsWW");

  private Courier() {}

  /** Begins and ends transactions: changes, applied writes, and some that touch no key. */
  static Actor changes(World world) {
    return mayBegin -> {
      int key = world.chance(5) ? TinyDatabase.ELSEWHERE : world.anyKey();
      Transaction open = world.database.open(key);
      if (open != null) {
        return world.advance(open);
      }
      return mayBegin && world.database.begin(key, 0) != null ? Step.local("change " + key) : null;
    };
  }

  /** Applies accepted writes in the order of their offsets, several of a key at once at times. */
  static Actor writes(World world) {
    return mayBegin -> {
      World.Accepted write = world.writes.peek();
      if (write == null || world.database.open(write.key()) != null) {
        return null;
      }
      world.writes.remove();
      World.Accepted next = world.writes.peek();
      if (next != null && next.key() == write.key() && world.chance(2)) {
        write = world.writes.remove();
      }
      world.database.begin(write.key(), write.offset());
      return Step.local("apply " + write);
    };
  }

  /** Delivers a change that was not delivered, or any again. */
  static Actor deliveries(World world) {
    return mayBegin -> {
      List<Transaction> from = mayBegin && world.chance(3) ? world.changes : world.undelivered;
      if (from.isEmpty()) {
        return null;
      }
      Transaction change = from.get(world.random.nextInt(from.size()));
      if (world.rules.gate() && !change.visible) {
        return null;
      }
      world.undelivered.remove(change);
      return world.rules.images() && change.echo == 0
          ? refresh(world, change)
          : evict(world, change);
    };
  }

  private static Step evict(World world, Transaction change) {
    String key = world.keys.get(change.key);
    Spared spared = world.rules.dirty().spared(change);
    return new Step(
        "evict " + change.key + " for v" + change.version + " sparing " + spared,
        () -> world.store.evict(key, spared),
        world.model.evict(key, spared),
        done -> applied(world, change));
  }

  private static Step refresh(World world, Transaction change) {
    String key = world.keys.get(change.key);
    byte[] entry = world.image(change);
    long xid = world.chance(8) ? 0 : change.xid;
    Spared spared = world.rules.dirty().spared(change);
    return new Step(
        "refresh " + change.key + " to v" + change.version + " of " + xid,
        () -> world.store.refresh(key, entry, World.TTL, xid, spared),
        world.model.refresh(key, entry, World.TTL, xid, spared),
        done -> applied(world, change));
  }

  private static void applied(World world, Transaction change) {
    if (Long.compareUnsigned(change.echo, world.echoed[change.key]) > 0) {
      world.echoed[change.key] = change.echo;
    }
    world.delivered = change;
    world.applied[change.key] = Math.max(world.applied[change.key], change.version);
  }

  /** Expiry, eviction, flush, other applications, another generation. */
  static Actor mishaps(World world) {
    return mayBegin -> mayBegin ? mishap(world, world.anyKey()) : null;
  }

  private static @Nullable Step mishap(World world, int at) {
    String key = world.keys.get(at);
    return switch (world.random.nextInt(5)) {
      case 0 ->
          new Step(
              "expire " + at,
              () -> world.raw.pexpire(key, 0),
              world.model.evict(key) == 1,
              done -> {});
      case 1 -> flush(world);
      case 2 -> foreign(world, at);
      case 3 -> Step.local("generation " + ++world.generation);
      default -> release(world, at);
    };
  }

  private static Step flush(World world) {
    long there = world.keys.stream().mapToLong(world.model::evict).sum();
    return new Step("flush", () -> world.store.evict(world.keys), there, done -> {});
  }

  private static Step foreign(World world, int at) {
    String key = world.keys.get(at);
    byte[] bytes = foreign(world);
    world.model.foreign(key, bytes);
    return new Step("foreign " + at, () -> world.raw.set(key, bytes), "OK", done -> {});
  }

  private static byte[] foreign(World world) {
    return world.chance(3)
        ? ("LVD".charAt(world.random.nextInt(3)) + "x".repeat(world.random.nextInt(80)))
            .getBytes(US_ASCII)
        : FOREIGN.get(world.random.nextInt(FOREIGN.size())).getBytes(US_ASCII);
  }

  /** As if the time of a claim were over. */
  private static @Nullable Step release(World world, int at) {
    String key = world.keys.get(at);
    FencedModel.Held held = world.model.at(key);
    if (held == null || !held.claimed()) {
      return null;
    }
    world.model.release(key);
    return new Step(
        "release " + at,
        () -> world.raw.setrange(key, 70, new byte[8]),
        (long) held.bytes().length,
        done -> {});
  }
}
