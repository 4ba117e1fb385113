package dev.cachetide.invalidation;

import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.invalidation.Evictor.Removal;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.wire.CacheNames;
import io.lettuce.core.KeyScanArgs;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ValueScanCursor;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One plan, applied. Everything whose name is known goes in one pipelined round trip: keys, and the
 * stamps of tags and versions, whose absence makes every entry that carries them a miss; a key
 * where a dirty entry may be spared goes by a script of its own, the others by UNLINK. Then come
 * the sets of member keys that applications with plain keys maintain, and the patterns.
 *
 * <p>Members leave in the order UNLINK, SREM, UNLINK, sent together, and only what was scanned is
 * taken out of the set. The first UNLINK lets a failure in between be repeated, because what could
 * not be unlinked is still a member; the second one catches an entry that was written again after
 * the first and whose membership the SREM took. An application that writes an entry together with
 * its membership, or the entry first, therefore never keeps one that no tag knows.
 */
final class RedisEviction {

  private static final int KEYS_A_COMMAND = 500;
  private static final int KEYS_A_SCAN = 1_000;
  private static final int MOST_PASSES = 5;

  private final RedisServers servers;
  private final RedisClusterAsyncCommands<String, String> redis;
  private final Duration timeout;
  private int roundTrips;

  RedisEviction(RedisServers servers, Duration timeout) {
    this.servers = servers;
    this.redis = servers.commands();
    this.timeout = timeout;
  }

  /** When it throws, an unknown part has been evicted, which doing it again makes whole. */
  Removal evict(Plan plan) throws ExecutionException, TimeoutException, InterruptedException {
    List<String> named = new ArrayList<>();
    Map<String, Spared> sparing = new LinkedHashMap<>();
    plan.spared()
        .forEach(
            (key, spared) -> {
              if (spared.equals(Spared.NONE)) {
                named.add(key);
              } else {
                sparing.put(key, spared);
              }
            });
    plan.tags().forEach(tag -> named.add(CacheNames.tagKey(tag)));
    plan.versions().forEach(version -> named.add(CacheNames.versionKey(version)));
    long removed = unlink(named, sparing);
    removed += unlinkMembers(plan.tags().stream().map(CacheNames::memberSet).toList());
    for (String pattern : plan.tagPatterns()) {
      removed += unlinkMatching(CacheNames.tagKey(pattern));
      removed += unlinkMembersMatching(CacheNames.memberSet(pattern));
    }
    for (String pattern : plan.versionPatterns()) {
      removed += unlinkMatching(CacheNames.versionKey(pattern));
    }
    for (String pattern : plan.leasePatterns()) {
      unlinkMatching(pattern);
    }
    for (String pattern : plan.patterns()) {
      removed += unlinkMatching(pattern);
    }
    return new Removal(removed, roundTrips);
  }

  private long unlink(Collection<String> keys)
      throws ExecutionException, TimeoutException, InterruptedException {
    return unlink(keys, Map.of());
  }

  private long unlink(Collection<String> keys, Map<String, Spared> sparing)
      throws ExecutionException, TimeoutException, InterruptedException {
    List<RedisFuture<Long>> replies = unlinking(new ArrayList<>(keys));
    roundTrips += replies.isEmpty() && sparing.isEmpty() ? 0 : 1;
    long removed = new RedisSparingEviction(redis, timeout).evict(sparing);
    for (RedisFuture<Long> reply : replies) {
      removed += await(reply);
    }
    return removed;
  }

  private List<RedisFuture<Long>> unlinking(List<String> all) {
    List<RedisFuture<Long>> replies = new ArrayList<>();
    // In a cluster one key a command: while a slot moves, a command with several is refused.
    int size = servers.cluster() ? 1 : KEYS_A_COMMAND;
    for (int from = 0; from < all.size(); from += size) {
      List<String> chunk = all.subList(from, Math.min(all.size(), from + size));
      replies.add(redis.unlink(chunk.toArray(String[]::new)));
    }
    return replies;
  }

  /** Asks about all sets at once: most tags have none. */
  private long unlinkMembers(List<String> sets)
      throws ExecutionException, TimeoutException, InterruptedException {
    Map<String, RedisFuture<ValueScanCursor<String>>> first = new LinkedHashMap<>();
    for (String set : sets) {
      first.put(set, redis.sscan(set, ScanCursor.INITIAL, page()));
    }
    roundTrips += first.isEmpty() ? 0 : 1;
    long removed = 0;
    for (Map.Entry<String, RedisFuture<ValueScanCursor<String>>> each : first.entrySet()) {
      removed += unlinkMembers(each.getKey(), each.getValue());
    }
    return removed;
  }

  private long unlinkMembers(String set, RedisFuture<ValueScanCursor<String>> first)
      throws ExecutionException, TimeoutException, InterruptedException {
    long removed = 0;
    ValueScanCursor<String> found;
    try {
      found = await(first);
    } catch (ExecutionException e) {
      if (RedisFailures.isAnotherType(e)) {
        // A plain key of that name, which the tag says nothing about: nobody keeps members there.
        return 0;
      }
      throw e;
    }
    removed += unlinkAndForget(set, found.getValues());
    while (!found.isFinished()) {
      found = await(redis.sscan(set, found, page()));
      roundTrips++;
      removed += unlinkAndForget(set, found.getValues());
    }
    return removed;
  }

  private long unlinkAndForget(String set, List<String> members)
      throws ExecutionException, TimeoutException, InterruptedException {
    if (members.isEmpty()) {
      return 0;
    }
    String[] chunk = members.toArray(String[]::new);
    if (servers.cluster()) {
      // Set and members are on several servers: the order is kept by waiting.
      long removed = unlink(members);
      await(redis.srem(set, chunk));
      roundTrips++;
      return removed + unlink(members);
    }
    RedisFuture<Long> unlinked = redis.unlink(chunk);
    RedisFuture<Long> forgotten = redis.srem(set, chunk);
    RedisFuture<Long> again = redis.unlink(chunk);
    roundTrips++;
    long removed = await(unlinked);
    await(forgotten);
    return removed + await(again);
  }

  private long unlinkMatching(String pattern)
      throws ExecutionException, TimeoutException, InterruptedException {
    return scan(KeyScanArgs.Builder.matches(pattern).limit(KEYS_A_SCAN), this::unlink);
  }

  private long unlinkMembersMatching(String pattern)
      throws ExecutionException, TimeoutException, InterruptedException {
    return scan(
        KeyScanArgs.Builder.matches(pattern).limit(KEYS_A_SCAN).type("set"), this::unlinkMembers);
  }

  /**
   * SCAN sees every key that is there from its beginning to its end; KEYS would stop the server. In
   * a cluster a key may move meanwhile, from a server that was not yet scanned to one that was, so
   * when slots have moved or are moving all servers are scanned again: what moved during the first
   * time stands still during the second, since slots do not move back and forth.
   */
  private long scan(KeyScanArgs args, Removing removing)
      throws ExecutionException, TimeoutException, InterruptedException {
    if (!servers.cluster()) {
      return scanOnce(args, removing);
    }
    long removed = 0;
    for (int pass = 1; pass <= MOST_PASSES; pass++) {
      SlotMap before = slots();
      removed += scanOnce(args, removing);
      SlotMap after = slots();
      if (before.equals(after) && (pass > 1 || !after.moving())) {
        return removed;
      }
    }
    throw new TimeoutException("the cluster changed during every scan");
  }

  private SlotMap slots() throws ExecutionException, TimeoutException, InterruptedException {
    roundTrips++;
    return SlotMap.parse(await(redis.clusterNodes()));
  }

  private long scanOnce(KeyScanArgs args, Removing removing)
      throws ExecutionException, TimeoutException, InterruptedException {
    long removed = 0;
    for (RedisServers.Primary primary : servers.primaries()) {
      removed += scanOnce(primary, args, removing);
    }
    return removed;
  }

  /** Asks for the next page before it removes what is on this one, so that both take one trip. */
  private long scanOnce(RedisServers.Primary primary, KeyScanArgs args, Removing removing)
      throws ExecutionException, TimeoutException, InterruptedException {
    long removed = 0;
    List<String> chunk = new ArrayList<>();
    RedisFuture<KeyScanCursor<String>> next = primary.keys().scan(ScanCursor.INITIAL, args);
    boolean more = true;
    while (more) {
      KeyScanCursor<String> found = await(next);
      roundTrips++;
      chunk.addAll(found.getKeys());
      more = !found.isFinished();
      if (more) {
        next = primary.keys().scan(found, args);
      }
      if (chunk.size() >= KEYS_A_SCAN || !more) {
        removed += removing.remove(chunk);
        chunk.clear();
      }
    }
    return removed;
  }

  private static KeyScanArgs page() {
    return new KeyScanArgs().limit(KEYS_A_COMMAND);
  }

  private <T> T await(RedisFuture<T> reply)
      throws ExecutionException, TimeoutException, InterruptedException {
    return reply.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  private interface Removing {
    long remove(List<String> keys)
        throws ExecutionException, TimeoutException, InterruptedException;
  }
}
