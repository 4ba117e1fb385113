package dev.cachetide.cli.look;

import dev.cachetide.invalidation.RedisOnlooker;
import dev.cachetide.invalidation.RedisSigns;
import dev.cachetide.runtime.settings.RedisSettings;
import dev.cachetide.wire.PipelineNames;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Asks Redis, and listens to the workers, as a client does. For one thread. */
public final class RedisLook implements Source.Question<RedisSigns>, AutoCloseable {

  private final RedisSettings settings;
  private final PipelineNames names;
  private @Nullable RedisOnlooker onlooker;

  /** Connects to nothing yet. */
  public RedisLook(RedisSettings settings, PipelineNames names) {
    this.settings = settings;
    this.names = names;
  }

  @Override
  public RedisSigns ask() throws IOException, InterruptedException {
    RedisOnlooker open = onlooker;
    if (open == null) {
      open = new RedisOnlooker(settings, names);
      onlooker = open;
    }
    return open.look();
  }

  /** Redis quotes nothing that it was sent but the name of a command, a key or a channel. */
  @Override
  public String describe(Exception failure) {
    return "Redis does not answer"
        + (failure instanceof IOException || failure instanceof IllegalArgumentException
            ? ": " + failure.getMessage()
            : "");
  }

  @Override
  public void close() {
    if (onlooker != null) {
      onlooker.close();
    }
  }
}
