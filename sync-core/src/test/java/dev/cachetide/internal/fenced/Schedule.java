package dev.cachetide.internal.fenced;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One random order of what some actors do, and the two judges of it: the model, which knows every
 * reply and every byte, and the oracle, which knows only what the protocol promises.
 */
final class Schedule {

  private static final int SHORTEST = 8;
  private static final int LONGEST = 48;
  private static final int STALL_ONE_IN = 6;
  private static final int PATIENCE = 50;
  private static final int MOST_TRIES = 10_000;

  private final long seed;
  private final World world;
  private final List<Actor> actors = new ArrayList<>();
  private final List<String> trace = new ArrayList<>();
  private final byte[][] before;

  /** By actor: how few steps must be left before it goes on. */
  private final int[] stalledUntil;

  private int left;
  private boolean over;
  private @Nullable Step step;

  Schedule(long seed, World world) {
    this.seed = seed;
    this.world = world;
    this.before = new byte[world.keys.size()][];
    this.left = SHORTEST + world.random.nextInt(LONGEST - SHORTEST);
    actors.add(new Actor.Reader(world));
    actors.add(new Actor.Writer(world));
    if (world.rules.pipeline()) {
      actors.add(new Actor.Reader(world));
      actors.add(new Actor.Marker(world));
      actors.add(new Actor.Marker(world));
      actors.add(Courier.changes(world));
      actors.add(Courier.changes(world));
      actors.add(Courier.writes(world));
      actors.add(Courier.deliveries(world));
      actors.add(Courier.deliveries(world));
      actors.add(Courier.mishaps(world));
    } else {
      actors.add(new Actor.Writer(world));
      actors.add(new Actor.Writer(world));
    }
    stalledUntil = new int[actors.size()];
    Arrays.fill(stalledUntil, LONGEST);
  }

  boolean over() {
    return over;
  }

  List<String> keys() {
    return world.keys;
  }

  FencedModel.@Nullable Held expected(String key) {
    return world.model.at(key);
  }

  /** Sends the next operation; null when everything that was begun has ended. */
  @Nullable CompletableFuture<?> send() {
    left--;
    world.delivered = null;
    for (int tries = 1; tries < MOST_TRIES; tries++) {
      if (tries % PATIENCE == 0) {
        // those who could go on are stalled, or wait for one who is
        left--;
      }
      boolean mayBegin = left >= 0;
      int chosen = world.random.nextInt(actors.size());
      if (mayBegin && left > stalledUntil[chosen]) {
        continue;
      }
      step = actors.get(chosen).next(mayBegin);
      if (step == null && !mayBegin && world.quiet()) {
        step = anybody();
        over = step == null;
      }
      if (over) {
        return null;
      }
      if (step != null) {
        trace.add(step.what());
        if (mayBegin && world.chance(STALL_ONE_IN)) {
          stalledUntil[chosen] = world.random.nextInt(left + 1);
        }
        return step.send().get().toCompletableFuture();
      }
    }
    throw new IllegalStateException(told("nobody can go on"));
  }

  private @Nullable Step anybody() {
    return actors.stream()
        .map(actor -> actor.next(false))
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  /** What was wrong about the reply by the model's account; null when nothing was. */
  @Nullable String replied(@Nullable Object reply) {
    Step done = Objects.requireNonNull(step);
    done.then().accept(reply);
    boolean agreed =
        done.expected() instanceof FencedModel.Held held
            ? held.sameAs((byte[]) reply)
            : Objects.equals(done.expected(), reply);
    return agreed ? null : told("the reply to '" + done.what() + "' is not the model's");
  }

  /** What is wrong about what stands in Redis by the model's account; null when nothing is. */
  @Nullable String differs(List<byte @Nullable []> values) {
    for (int key = 0; key < values.size(); key++) {
      FencedModel.Held held = world.model.at(world.keys.get(key));
      byte[] actual = values.get(key);
      if (held == null ? actual != null : !held.sameAs(actual)) {
        return told("key " + key + " is not as in the model");
      }
    }
    return null;
  }

  /** What breaks the guarantee; null when nothing does. */
  @Nullable String violated(List<byte @Nullable []> values) {
    for (int key = 0; key < values.size(); key++) {
      byte[] bytes = values.get(key);
      Entry entry = Entry.parse(bytes);
      if (entry instanceof Entry.Value value) {
        long version = value.header().filledAt();
        if (version < world.applied[key]) {
          return told("key " + key + " has v" + version + " after v" + world.applied[key]);
        }
        if (over && version != world.database.version(key)) {
          return told("key " + key + " rests at v" + version);
        }
        if (!world.chance(3)) {
          world.seen[key] = value.stamp();
        }
      }
      if (entry instanceof Entry.Dirty
          && (over || covered(before[key], bytes) || echoed(key, bytes))) {
        return told("key " + key + " shows a write that is old");
      }
      if (hidden(key, bytes)) {
        return told("key " + key + " shows a write no more that is still to be applied");
      }
      if (left(key, bytes)) {
        return told("key " + key + " shows a write that may have lost");
      }
      before[key] = bytes;
    }
    return null;
  }

  /** Whether a change has taken a write of its partition that was to stay. */
  private boolean hidden(int key, byte @Nullable [] now) {
    TinyDatabase.Transaction heard = world.delivered;
    byte[] was = before[key];
    return heard != null
        && heard.key == key
        && Entry.parse(was) instanceof Entry.Dirty
        && ByteBuffer.wrap(was).getInt(6) == 0
        && world.rules.dirty().keeps(heard, ByteBuffer.wrap(was).getLong(10))
        && !Arrays.equals(was, now);
  }

  /** Whether a change has left a write that was to leave. */
  private boolean left(int key, byte @Nullable [] now) {
    TinyDatabase.Transaction heard = world.delivered;
    return heard != null
        && heard.key == key
        && Entry.parse(now) instanceof Entry.Dirty
        && !world.rules.dirty().keeps(heard, ByteBuffer.wrap(now).getLong(10));
  }

  private boolean echoed(int key, byte[] dirty) {
    return Long.compareUnsigned(ByteBuffer.wrap(dirty).getLong(10), world.echoed[key]) <= 0;
  }

  /** Whether a later write of the same partition stood there. */
  private static boolean covered(byte @Nullable [] before, byte[] now) {
    return Entry.parse(before) instanceof Entry.Dirty
        && ByteBuffer.wrap(before).getInt(6) == ByteBuffer.wrap(now).getInt(6)
        && Long.compareUnsigned(
                ByteBuffer.wrap(now).getLong(10), ByteBuffer.wrap(before).getLong(10))
            < 0;
  }

  private String told(String what) {
    return what + "; -Dseed=" + seed + "\n  " + String.join("\n  ", trace);
  }
}
