package dev.cachetide.invalidation.refresh;

import dev.cachetide.internal.fenced.Content;
import dev.cachetide.internal.fenced.FencedStore;
import dev.cachetide.internal.fenced.Origin;
import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.invalidation.refresh.Refreshes.Image;
import dev.cachetide.invalidation.refresh.Refreshes.Item;
import dev.cachetide.invalidation.refresh.Refreshes.Load;
import dev.cachetide.invalidation.refresh.Refreshes.Mirrored;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Puts what a batch calls for under its keys, after the batch's evictions.
 *
 * <p>Nothing here makes a stale entry whatever is repeated: images are ordered by position and
 * replace only what they are known to be newer than, mirrored rows carry their position, and what
 * is loaded is loaded as a reader does. So when Redis fails in between, the batch is done again as
 * a whole. For the loop's thread alone.
 */
public final class Refresher implements AutoCloseable {

  /** How many answers are waited for at a time. */
  static final int PIPELINED = 1_000;

  private final RedisLink redis;
  private final FencedStore fenced;
  private final MirrorStore mirror;
  private final ReaderWay reader;
  private final Supplier<OptionalLong> generation;
  private final InstantSource clock;
  private final Duration timeout;
  private final Meters meters;

  Refresher(
      RedisLink redis,
      FencedStore fenced,
      MirrorStore mirror,
      ReaderWay reader,
      Supplier<OptionalLong> generation,
      InstantSource clock,
      Duration timeout,
      Meters meters) {
    this.redis = redis;
    this.fenced = fenced;
    this.mirror = mirror;
    this.reader = reader;
    this.generation = generation;
    this.clock = clock;
    this.timeout = timeout;
    this.meters = meters;
  }

  /** Does all of it. When it throws, an unknown part was done, which doing it again makes whole. */
  public void refresh(Refreshes refreshes)
      throws ExecutionException, TimeoutException, InterruptedException {
    OptionalLong known = generation.get();
    Map<Refresh, Map<String, Load>> loads = new LinkedHashMap<>();
    Replies replies = new Replies(timeout);
    List<CompletionStage<?>> sent = new ArrayList<>();
    for (Map.Entry<String, Item> each : refreshes.items().entrySet()) {
      String key = each.getKey();
      if (each.getValue() instanceof Load load) {
        loads.computeIfAbsent(load.refresh(), any -> new LinkedHashMap<>()).put(key, load);
      } else if (each.getValue() instanceof Image image) {
        sent.add(image(key, image, known));
      } else if (each.getValue() instanceof Mirrored row) {
        sent.add(mirrored(key, row));
      }
      if (sent.size() == PIPELINED) {
        replies.await(sent);
        sent.clear();
      }
    }
    replies.await(sent);
    for (Map.Entry<Refresh, Map<String, Load>> each : loads.entrySet()) {
      reader.load(each.getKey(), each.getValue(), known);
    }
  }

  /** Without a generation no entry can be written that readers would trust. */
  private CompletionStage<?> image(String key, Image image, OptionalLong known) {
    if (known.isEmpty()) {
      return fenced
          .evict(key, image.spared())
          .whenComplete((count, failure) -> meters.refreshed("fenced", "evicted", failure == null));
    }
    long now = clock.millis();
    Content content =
        new Content(
            image.value().bytes(),
            false,
            image.schema(),
            (int) known.getAsLong(),
            now,
            now + image.life().toMillis(),
            Map.of());
    Position position = image.position();
    byte[] entry =
        content.value(Origin.event(position.lsn(), position.sequence()), fenced.newToken());
    return fenced
        .refresh(key, entry, image.life(), image.xid(), image.spared())
        .whenComplete(
            (answer, failure) -> meters.refreshed("fenced", word(answer), failure == null));
  }

  private CompletionStage<?> mirrored(String key, Mirrored row) {
    Value value = row.value();
    CompletionStage<Long> answer =
        value == null
            ? mirror.remove(key, row.position(), row.life())
            : mirror.put(key, row.position(), value, row.life());
    return answer.whenComplete(
        (number, failure) -> meters.refreshed("mirror", word(number), failure == null));
  }

  private static String word(Long answer) {
    return answer == null || answer == 0 ? "kept" : answer > 0 ? "replaced" : "evicted";
  }

  @Override
  public void close() {
    reader.close();
    redis.close();
  }

  /** What is counted. */
  public interface Meters {

    /**
     * One key is done.
     *
     * @param mode fenced, mirror, create or plain
     * @param outcome what happened, of a handful of words
     * @param answered false when Redis did not
     */
    void refreshed(String mode, String outcome, boolean answered);
  }
}
