package dev.cachetide.internal.fenced;

import dev.cachetide.internal.fenced.TinyDatabase.Snapshot;
import dev.cachetide.internal.fenced.TinyDatabase.Transaction;
import org.jspecify.annotations.Nullable;

/** Somebody who does one thing after the other, with any delay in between. */
interface Actor {

  /**
   * The next step; null when there is none now.
   *
   * @param mayBegin whether something new may be started
   */
  @Nullable Step next(boolean mayBegin);

  /** Takes a lease, or a value's renewal; loads; fills. */
  final class Reader implements Actor {
    private final World world;
    private int key;
    private byte[] token = {};
    private int generation;
    private boolean holds;
    private @Nullable Snapshot loaded;

    Reader(World world) {
      this.world = world;
    }

    @Override
    public @Nullable Step next(boolean mayBegin) {
      if (holds && loaded == null) {
        loaded = world.database.read(key);
        return Step.local("load " + key + " " + loaded);
      }
      Snapshot snapshot = loaded;
      if (snapshot != null) {
        holds = false;
        loaded = null;
        return fill(snapshot);
      }
      return mayBegin ? begin() : null;
    }

    private Step begin() {
      key = world.anyKey();
      token = world.token();
      generation = world.generation;
      if (world.chance(3)) {
        return claim();
      }
      if (world.rules.pipeline() && world.chance(6)) {
        return new Step(
            "force " + key,
            () -> world.store.force(world.keys.get(key), token, World.LEASE),
            world.model.force(world.keys.get(key), token, World.LEASE),
            granted -> holds = Boolean.TRUE.equals(granted));
      }
      return new Step(
          "lease " + key,
          () -> world.store.lease(world.keys.get(key), token, World.LEASE),
          world.model.lease(world.keys.get(key), token, World.LEASE),
          standing -> holds = standing == null);
    }

    private Step claim() {
      byte[] stamp = world.seen[key];
      return new Step(
          "claim " + key,
          () -> world.store.claim(world.keys.get(key), stamp, token, World.LEASE),
          world.model.claim(world.keys.get(key), stamp, token),
          granted -> holds = Boolean.TRUE.equals(granted));
    }

    private Step fill(Snapshot snapshot) {
      byte[] entry = world.loaded(snapshot, generation, token);
      return new Step(
          "fill " + key + " v" + snapshot.version(),
          () -> world.store.fill(world.keys.get(key), token, entry, World.TTL),
          world.model.fill(world.keys.get(key), token, entry, World.TTL),
          done -> {});
    }
  }

  /** Forces the lease, commits, shows what it wrote. */
  final class Writer implements Actor {
    private final World world;
    private int key;
    private byte[] token = {};
    private int generation;
    private boolean forced;
    private boolean granted;
    private @Nullable Transaction transaction;

    Writer(World world) {
      this.world = world;
    }

    @Override
    public @Nullable Step next(boolean mayBegin) {
      if (!forced) {
        return mayBegin ? force() : null;
      }
      Transaction running = transaction;
      if (running == null) {
        transaction = world.database.begin(key, 0);
        return transaction == null ? null : Step.local("write " + key);
      }
      Step further = world.advance(running);
      if (further != null) {
        return further;
      }
      forced = false;
      transaction = null;
      return granted ? fill(running) : Step.local("no fill " + key);
    }

    private Step force() {
      key = world.anyKey();
      token = world.token();
      generation = world.generation;
      forced = true;
      return new Step(
          "force to write " + key,
          () -> world.store.force(world.keys.get(key), token, World.LEASE),
          world.model.force(world.keys.get(key), token, World.LEASE),
          answer -> granted = Boolean.TRUE.equals(answer));
    }

    private Step fill(Transaction running) {
      byte[] entry = world.written(running, generation);
      return new Step(
          "fill written " + key + " v" + running.version,
          () -> world.store.fill(world.keys.get(key), token, entry, World.TTL),
          world.model.fill(world.keys.get(key), token, entry, World.TTL),
          done -> {});
    }
  }

  /** Announces a write, has it accepted, shows it. */
  final class Marker implements Actor {
    private final World world;
    private int key;
    private byte[] token = {};
    private int generation;
    private long offset;
    private int stage;

    Marker(World world) {
      this.world = world;
    }

    @Override
    public @Nullable Step next(boolean mayBegin) {
      return switch (stage) {
        case 0 -> mayBegin ? mark() : null;
        case 1 -> accepted();
        default -> put();
      };
    }

    private Step accepted() {
      stage = 2;
      offset = ++world.offsets[key];
      world.writes.add(new World.Accepted(key, offset));
      return Step.local("accepted " + key + " at " + offset);
    }

    private Step mark() {
      key = world.anyKey();
      token = world.token();
      generation = world.generation;
      stage = 1;
      return new Step(
          "mark " + key,
          () -> world.store.mark(world.keys.get(key), token, World.LEASE),
          world.model.mark(world.keys.get(key), token, World.LEASE),
          standing -> {});
    }

    private Step put() {
      stage = 0;
      // once in a while the topic has got other partitions
      int partition = world.chance(12) ? 1 : 0;
      byte[] dirty = world.content(0, generation).dirty(partition, offset, world.token());
      return new Step(
          "put " + key + " at " + offset,
          () -> world.store.putDirty(world.keys.get(key), token, dirty, World.TTL),
          world.model.putDirty(world.keys.get(key), token, dirty, World.TTL),
          done -> {});
    }
  }
}
