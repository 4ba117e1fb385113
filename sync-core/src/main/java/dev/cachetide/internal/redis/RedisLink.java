package dev.cachetide.internal.redis;

import dev.cachetide.RedisConfig;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.ValueScanCursor;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Redis, as the client library uses it: standalone, behind Sentinel or as a Cluster, by the same
 * code.
 *
 * <p>Nothing here blocks. A command that is not answered within the timeout, or sent while Redis is
 * away, fails its stage; none waits for a reconnect. A command that was unanswered when the
 * connection broke fails and is not sent again, whether it took effect or not. Safe for concurrent
 * use.
 */
public final class RedisLink implements AutoCloseable {

  private static final int SCAN_COUNT = 1_000;
  private static final int SCANS = 5;

  private final Connections connections;

  private RedisLink(Connections connections) {
    this.connections = connections;
  }

  /**
   * A link that connects in the background; a Redis that is away is no error here.
   *
   * @param lost called on a thread of Redis's client whenever a connection breaks, and whenever one
   *     is made, before any answer that comes over it; must not block
   * @throws IllegalArgumentException when an address cannot be read
   */
  public static RedisLink open(RedisConfig config, Runnable lost) {
    return new RedisLink(Connections.open(config, lost));
  }

  /** The value, null when there is none. */
  public CompletionStage<byte @Nullable []> get(String key) {
    return sent(commands -> commands.get(key));
  }

  /** The values in the order of the keys, null where there is none; one round trip a node. */
  public CompletionStage<List<byte @Nullable []>> getAll(List<String> keys) {
    if (keys.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    return sent(
        commands ->
            commands
                .mget(keys.toArray(String[]::new))
                .thenApply(
                    found -> {
                      List<byte @Nullable []> values = new ArrayList<>(found.size());
                      found.forEach(each -> values.add(each.getValueOrElse(null)));
                      return values;
                    }));
  }

  /** Stores a value for a time. */
  public CompletionStage<String> set(String key, byte[] value, Duration ttl) {
    return sent(commands -> commands.set(key, value, SetArgs.Builder.px(ttl.toMillis())));
  }

  /** Stores a value unless there is one, and answers with the one there was: null when stored. */
  public CompletionStage<byte @Nullable []> setIfAbsent(String key, byte[] value, Duration ttl) {
    return sent(commands -> commands.setGet(key, value, SetArgs.Builder.nx().px(ttl.toMillis())));
  }

  /** Removes keys; how many there were. */
  public CompletionStage<Long> unlink(Collection<String> keys) {
    if (keys.isEmpty()) {
      return CompletableFuture.completedFuture(0L);
    }
    return sent(commands -> commands.unlink(keys.toArray(String[]::new)));
  }

  /** Adds a member to a set. */
  public CompletionStage<Long> addMember(String set, String member) {
    return sent(commands -> commands.sadd(set, member.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Removes every key that a glob matches, by SCAN of every primary, never KEYS; how many there
   * were. A key that is there from beginning to end is found: a cursor means nothing to a server
   * that takes over on the way, so when connections changed all is scanned again.
   *
   * @return fails when they change again and again
   */
  public CompletionStage<Long> unlinkMatching(String pattern) {
    return scanAll(ScanArgs.Builder.matches(pattern).limit(SCAN_COUNT), SCANS, 0);
  }

  private CompletionStage<Long> scanAll(ScanArgs args, int tries, long before) {
    if (tries == 0) {
      return CompletableFuture.failedFuture(
          new RedisConnectionException("connections kept changing while the keys were scanned"));
    }
    long changes = connections.changes();
    return scan(ScanCursor.INITIAL, args, before)
        .thenCompose(
            removed ->
                connections.changes() == changes
                    ? CompletableFuture.completedFuture(removed)
                    : scanAll(args, tries - 1, removed));
  }

  private CompletionStage<Long> scan(ScanCursor cursor, ScanArgs args, long before) {
    return this.<KeyScanCursor<String>>sent(commands -> commands.scan(cursor, args))
        .thenCompose(
            found ->
                unlink(found.getKeys())
                    .thenCompose(
                        removed ->
                            found.isFinished()
                                ? CompletableFuture.completedFuture(before + removed)
                                : scan(found, args, before + removed)));
  }

  /**
   * Removes every key that is a member of a set, and those members from it; how many keys there
   * were. A member that is there from beginning to end is found. What is no set has no members.
   */
  public CompletionStage<Long> unlinkMembers(String set) {
    return members(set, ScanCursor.INITIAL, 0)
        .exceptionallyCompose(
            failure ->
                cause(failure) instanceof RedisCommandExecutionException e
                        && String.valueOf(e.getMessage()).startsWith("WRONGTYPE")
                    ? CompletableFuture.completedFuture(0L)
                    : CompletableFuture.failedFuture(failure));
  }

  private CompletionStage<Long> members(String set, ScanCursor cursor, long before) {
    return this.<ValueScanCursor<byte[]>>sent(
            commands -> commands.sscan(set, cursor, ScanArgs.Builder.limit(SCAN_COUNT)))
        .thenCompose(
            found ->
                unlinkAndForget(set, found.getValues())
                    .thenCompose(
                        removed ->
                            found.isFinished()
                                ? CompletableFuture.completedFuture(before + removed)
                                : members(set, found, before + removed)));
  }

  /**
   * Twice: before the members are forgotten, should the connection break in between, and after, for
   * a value that was stored meanwhile and is a member no longer.
   */
  private CompletionStage<Long> unlinkAndForget(String set, List<byte[]> members) {
    if (members.isEmpty()) {
      return CompletableFuture.completedFuture(0L);
    }
    List<String> keys =
        members.stream().map(member -> new String(member, StandardCharsets.UTF_8)).toList();
    return unlink(keys)
        .thenCompose(
            removed ->
                this.<Long>sent(commands -> commands.srem(set, members.toArray(byte[][]::new)))
                    .thenCompose(forgotten -> unlink(keys))
                    .thenApply(again -> removed + again));
  }

  /** Runs a script on one key; it answers with an integer. */
  public CompletionStage<Long> run(Script script, String key, byte[]... arguments) {
    return run(script, List.of(key), arguments);
  }

  /** Runs a script on several keys, of one slot in a cluster; it answers with an integer. */
  public CompletionStage<Long> run(Script script, List<String> keys, byte[]... arguments) {
    return this.<Long>evaluate(script, ScriptOutputType.INTEGER, keys, arguments);
  }

  /** Runs a script on one key; it answers with bytes or nothing. */
  public CompletionStage<byte @Nullable []> runForBytes(
      Script script, String key, byte[]... arguments) {
    return this.<byte @Nullable []>evaluate(
        script, ScriptOutputType.VALUE, List.of(key), arguments);
  }

  private <T extends @Nullable Object> CompletionStage<T> evaluate(
      Script script, ScriptOutputType type, List<String> names, byte[]... arguments) {
    String[] keys = names.toArray(String[]::new);
    CompletableFuture<T> answer = new CompletableFuture<>();
    this.<T>sent(commands -> commands.evalsha(script.sha1(), type, keys, arguments))
        .whenComplete(
            (value, failure) -> {
              if (failure == null) {
                answer.complete(value);
              } else if (cause(failure) instanceof RedisNoScriptException) {
                // a server that was just started does not know it yet; EVAL teaches it
                forward(
                    this.<T>sent(commands -> commands.eval(script.text(), type, keys, arguments)),
                    answer);
              } else {
                answer.completeExceptionally(failure);
              }
            });
    return answer;
  }

  private static <T extends @Nullable Object> void forward(
      CompletionStage<T> from, CompletableFuture<T> to) {
    from.whenComplete(
        (value, failure) -> {
          if (failure == null) {
            to.complete(value);
          } else {
            to.completeExceptionally(failure);
          }
        });
  }

  /** Publishes on a channel; how many listeners the node that was asked has. */
  public CompletionStage<Long> publish(String channel, byte[] message) {
    return sent(commands -> commands.publish(channel, message));
  }

  /**
   * Listens to a channel from now on, over reconnects too.
   *
   * @param listener called on a thread of Redis's client with channel and message; must not block
   */
  public CompletionStage<Void> subscribe(String channel, BiConsumer<String, byte[]> listener) {
    return connections.subscribe(channel, listener);
  }

  /** The run ids of every server that entries may come from. */
  public CompletionStage<Set<String>> runIds() {
    return connections.runIds();
  }

  /** Whether the connection is up now; of a cluster, whether it was reached once. */
  public boolean connected() {
    return connections.open();
  }

  private <T extends @Nullable Object> CompletionStage<T> sent(Call<T> call) {
    RedisClusterAsyncCommands<String, byte[]> commands = connections.current();
    if (commands == null) {
      return CompletableFuture.failedFuture(new RedisConnectionException("Redis is away"));
    }
    try {
      return call.on(commands);
    } catch (RuntimeException e) {
      // a full queue, a connection that just broke: one way of failing for the caller
      return CompletableFuture.failedFuture(e);
    }
  }

  static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  @Override
  public void close() {
    connections.close();
  }

  /** One command. */
  @FunctionalInterface
  private interface Call<T extends @Nullable Object> {
    CompletionStage<T> on(RedisClusterAsyncCommands<String, byte[]> commands);
  }
}
