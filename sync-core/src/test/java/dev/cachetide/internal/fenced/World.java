package dev.cachetide.internal.fenced;

import dev.cachetide.internal.fenced.TinyDatabase.Snapshot;
import dev.cachetide.internal.fenced.TinyDatabase.Transaction;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** What the actors of one schedule share. The version of a value stands where its time would. */
final class World {

  static final Duration LEASE = Duration.ofMinutes(10);
  static final Duration TTL = Duration.ofMinutes(60);
  private static final long[] BEGINNINGS = {
    10, (1L << 31) - 2, (1L << 32) - 2, (1L << 53) - 2, Long.MAX_VALUE - 2
  };

  final Random random;
  final FencedStore store;
  final RedisAsyncCommands<String, byte[]> raw;
  final List<String> keys;
  final Rules rules;
  final FencedModel model = new FencedModel();
  final TinyDatabase database;

  /** The logged changes, heard of or not; and how often each was delivered. */
  final List<Transaction> changes = new ArrayList<>();

  /** Those not yet delivered. */
  final List<Transaction> undelivered = new ArrayList<>();

  /** The newest version of each key whose invalidation has been applied. */
  final int[] applied;

  /** The greatest offset of each key whose echo has been applied. */
  final long[] echoed;

  /**
   * The last offset of each key's partition, and the writes that the database does not have yet.
   */
  final long[] offsets;

  final Deque<Accepted> writes = new ArrayDeque<>();

  /** The change that was heard of last, if nothing has happened since. */
  @Nullable Transaction delivered;

  /** A stamp that was seen under each key, not always the last. */
  final byte[][] seen;

  int generation = 1;

  /**
   * What a schedule consists of.
   *
   * @param gate whether changes are heard of only when they are visible
   * @param images whether changes arrive as images to refresh from, rather than as evictions
   * @param pipeline whether changes arrive at all; without, there are writers and readers alone
   * @param dirty what they do to dirty entries
   */
  record Rules(boolean gate, boolean images, boolean pipeline, Dirty dirty) {}

  /** What an event does to a dirty entry. The last two are mistakes. */
  enum Dirty {
    /** An echo takes what is applied, somebody else's change nothing. */
    LOG_ORDER,
    /** An echo takes what is applied, somebody else's change everything. */
    CONFLICTS,
    /** Any event takes everything. */
    CLEARED,
    /** No echo is recognised as one. */
    UNRECOGNISED;

    /** What the eviction or image for a change is told. */
    Spared spared(Transaction change) {
      return switch (this) {
        case CLEARED -> Spared.NONE;
        case UNRECOGNISED -> Spared.PENDING;
        case LOG_ORDER, CONFLICTS ->
            change.echo != 0
                ? Spared.after(0, change.echo)
                : this == LOG_ORDER ? Spared.PENDING : Spared.NONE;
      };
    }

    /** Whether a write at an offset must go on being shown after the change was heard of. */
    boolean keeps(Transaction change, long offset) {
      return change.echo == 0 ? this != CONFLICTS : Long.compareUnsigned(offset, change.echo) > 0;
    }
  }

  /** A write that Kafka has. */
  record Accepted(int key, long offset) {}

  World(
      long seed,
      FencedStore store,
      RedisAsyncCommands<String, byte[]> raw,
      List<String> keys,
      Rules rules) {
    this.random = new Random(seed);
    this.store = store;
    this.raw = raw;
    this.keys = keys;
    this.rules = rules;
    this.database = new TinyDatabase(keys.size(), beginning(), beginning());
    this.applied = new int[keys.size()];
    this.echoed = new long[keys.size()];
    this.offsets = new long[keys.size()];
    Arrays.setAll(offsets, key -> beginning());
    this.seen = new byte[keys.size()][Layout.TOKEN_LENGTH];
  }

  private long beginning() {
    return BEGINNINGS[random.nextInt(BEGINNINGS.length)];
  }

  boolean chance(int outOf) {
    return random.nextInt(outOf) == 0;
  }

  /** Mostly the first, so that everybody meets there. */
  int anyKey() {
    return chance(3) ? random.nextInt(keys.size()) : 0;
  }

  byte[] token() {
    return Seeds.bytes(random, Layout.TOKEN_LENGTH);
  }

  /**
   * A loaded value, of whose snapshot sometimes nothing is known. Its stamp is the token it is
   * filled by, as the cache does it, or another.
   */
  byte[] loaded(Snapshot snapshot, int generation, byte[] token) {
    return content(snapshot.version(), generation)
        .value(
            chance(4) ? Origin.load(1) : Origin.load(1, snapshot.xmin(), snapshot.xmax()),
            chance(3) ? token() : token);
  }

  byte[] written(Transaction transaction, int generation) {
    return content(transaction.version, generation).value(Origin.load(1), token());
  }

  byte[] image(Transaction transaction) {
    return content(transaction.version, generation, Map.of())
        .value(Origin.event(transaction.lsn, random.nextInt(3) - 1), token());
  }

  Content content(int version, int generation) {
    return content(version, generation, chance(3) ? Map.of("tag", "0123456789abcdef") : Map.of());
  }

  private Content content(int version, int generation, Map<String, String> tags) {
    return new Content(
        chance(5) ? null : Seeds.bytes(random, 4), false, 1, generation, version, 0, tags);
  }

  /** Whether every change has been made, is visible, and has been heard of. */
  boolean quiet() {
    return database.quiet() && writes.isEmpty() && (undelivered.isEmpty() || !rules.pipeline());
  }

  /** Takes a transaction one step further; null when it is through. */
  @Nullable Step advance(Transaction transaction) {
    if (!transaction.logged) {
      database.log(transaction);
      if (transaction.key != TinyDatabase.ELSEWHERE) {
        changes.add(transaction);
        undelivered.add(transaction);
      }
      return Step.local("logged " + transaction.key + " v" + transaction.version);
    }
    if (!transaction.visible) {
      database.show(transaction);
      return Step.local("visible " + transaction.key + " v" + transaction.version);
    }
    return null;
  }
}
