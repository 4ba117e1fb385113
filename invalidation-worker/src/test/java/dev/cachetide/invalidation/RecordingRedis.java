package dev.cachetide.invalidation;

import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.invalidation.Evictor.Removal;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.wire.ChannelMessage;
import dev.cachetide.wire.InvalidationCodec;
import io.lettuce.core.RedisConnectionException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Remembers what was evicted, and fails when told to. */
final class RecordingRedis implements Evictor.Target, Announcer.Publisher {

  final List<String> evicted = new ArrayList<>();

  /** By key, as it was evicted last. */
  final Map<String, Spared> spared = new HashMap<>();

  final List<ChannelMessage> published = new ArrayList<>();
  String runId = "run-1";
  long connects = 1;
  boolean away;
  @Nullable ExecutionException failure;
  @Nullable ExecutionException publishFailure;
  boolean closed;

  @Override
  public long connects() {
    if (away) {
      throw new RedisConnectionException("away");
    }
    return connects;
  }

  @Override
  public Set<String> runIds() {
    return Set.of(runId.split(","));
  }

  @Override
  public Removal evict(Plan plan) throws ExecutionException {
    if (failure != null) {
      throw failure;
    }
    evicted.addAll(plan.keys());
    spared.putAll(plan.spared());
    plan.tags().forEach(tag -> evicted.add("tag " + tag));
    plan.versions().forEach(version -> evicted.add("version " + version));
    evicted.addAll(plan.patterns());
    plan.tagPatterns().forEach(pattern -> evicted.add("tags " + pattern));
    plan.versionPatterns().forEach(pattern -> evicted.add("versions " + pattern));
    return new Removal(plan.keys().size(), plan.keys().isEmpty() ? 0 : 1);
  }

  @Override
  public void publish(byte[] message) throws ExecutionException {
    if (publishFailure != null) {
      throw publishFailure;
    }
    if (failure != null) {
      throw failure;
    }
    try {
      published.add(InvalidationCodec.decode(message));
    } catch (InvalidationCodec.MalformedMessageException e) {
      throw new AssertionError(e);
    }
  }

  /** Without the beats. */
  List<ChannelMessage.Batch> batches() {
    return only(ChannelMessage.Batch.class);
  }

  List<ChannelMessage.Beat> beats() {
    return only(ChannelMessage.Beat.class);
  }

  private <T> List<T> only(Class<T> kind) {
    return published.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  @Override
  public void close() {
    closed = true;
  }
}
