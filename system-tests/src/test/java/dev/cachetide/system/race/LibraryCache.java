package dev.cachetide.system.race;

import dev.cachetide.Cache;
import dev.cachetide.CacheBuilder;
import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import dev.cachetide.wire.ChannelMessage.Beat;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.awaitility.Awaitility;

/** The library, as one process uses it: a client of its own, with or without an L1. */
final class LibraryCache implements CacheUnderTest {

  private final Cachetide client;
  private final Cache<Integer, String> cache;
  private final Duration lag;

  private LibraryCache(String redisUri, RacePipeline pipeline, boolean near) {
    lag = near ? Duration.ofMillis(Beat.SILENCE_MILLIS) : Duration.ZERO;
    client = Cachetide.builder().redis(redisUri).pipeline(pipeline.names.pipeline()).build();
    CacheBuilder<Integer, String> builder =
        client.<Integer, String>cache("hot", Codec.text()).prefix(RacePipeline.PREFIX);
    cache = (near ? builder.near(HotRows.COUNT, Duration.ofMinutes(1)) : builder).build();
    Awaitility.await("the client to hear the worker")
        .atMost(Duration.ofSeconds(20))
        .until(client::trusted);
  }

  /** Over Redis alone. */
  static LibraryCache on(String redisUri, RacePipeline pipeline) {
    return new LibraryCache(redisUri, pipeline, false);
  }

  /** With an L1 in the process. */
  static LibraryCache nearOn(String redisUri, RacePipeline pipeline) {
    return new LibraryCache(redisUri, pipeline, true);
  }

  @Override
  public long read(int id, Loader loader) {
    return Long.parseLong(
        cache.getOrLoad(id, key -> Long.toString(loader.load(key).version())).orElseThrow());
  }

  @Override
  public OptionalLong cached(int id) {
    Optional<String> cached = cache.get(id);
    return cached.isPresent()
        ? OptionalLong.of(Long.parseLong(cached.get()))
        : OptionalLong.empty();
  }

  @Override
  public Duration lag() {
    return lag;
  }

  @Override
  public void close() {
    client.close();
  }
}
