package dev.cachetide.invalidation;

import dev.cachetide.wire.ChannelMessage;
import dev.cachetide.wire.ChannelMessage.Batch;
import dev.cachetide.wire.ChannelMessage.Beat;
import dev.cachetide.wire.ChannelMessage.Range;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.InvalidationCodec;
import io.lettuce.core.RedisClient;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** An application's ear on a pipeline's channel, straight to Redis. */
final class Listener implements AutoCloseable {

  final List<ChannelMessage> heard = new CopyOnWriteArrayList<>();
  private final RedisClient client;

  Listener(String uri, String channel) {
    client = RedisClient.create(uri);
    StatefulRedisPubSubConnection<String, String> connection = client.connectPubSub();
    connection.addListener(
        new RedisPubSubAdapter<>() {
          @Override
          public void message(String from, String message) {
            hear(message);
          }
        });
    connection.sync().subscribe(channel);
  }

  private void hear(String message) {
    try {
      heard.add(InvalidationCodec.decode(message.getBytes(StandardCharsets.UTF_8)));
    } catch (InvalidationCodec.MalformedMessageException e) {
      throw new AssertionError(e);
    }
  }

  List<Beat> beats() {
    return heard.stream().filter(Beat.class::isInstance).map(Beat.class::cast).toList();
  }

  List<Invalidation> invalidations() {
    List<Invalidation> all = new ArrayList<>();
    for (ChannelMessage message : heard) {
      if (message instanceof Batch batch) {
        all.addAll(batch.invalidations());
      }
    }
    return all;
  }

  /** What a listener must never see: a range after a hole, a beat beyond what was published. */
  List<String> violations() {
    Map<String, Long> known = new HashMap<>();
    List<String> violations = new ArrayList<>();
    for (ChannelMessage message : heard) {
      if (message instanceof Batch batch) {
        batch.ranges().forEach((at, range) -> check(at, range, known, violations));
      } else if (message instanceof Beat beat) {
        beat.positions()
            .forEach(
                (at, position) -> {
                  if (position > known.getOrDefault(at, position)) {
                    violations.add("beat at " + position + " of " + at);
                  }
                  known.putIfAbsent(at, position);
                });
      }
    }
    return violations;
  }

  private static void check(
      String at, Range range, Map<String, Long> known, List<String> violations) {
    if (range.previous() > known.getOrDefault(at, range.previous())) {
      violations.add("hole before " + range + " of " + at);
    }
    known.put(at, range.last());
  }

  @Override
  public void close() {
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
  }
}
