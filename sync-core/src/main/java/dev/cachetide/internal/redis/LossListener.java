package dev.cachetide.internal.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateAdapter;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.codec.StringCodec;
import java.net.SocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says when the answers may come from somebody else. A connection's end alone would not do: of a
 * cluster, the node that takes over a slot is connected to while the one that had it is not yet
 * known to be gone.
 *
 * <p>Lettuce calls both methods on the connection's event loop: {@code onRedisDisconnected} before
 * it schedules the reconnect, {@code onRedisConnected} before that loop can read an answer.
 */
final class LossListener extends RedisConnectionStateAdapter {
  private static final Logger log = LoggerFactory.getLogger(LossListener.class);

  private final Runnable lost;

  LossListener(Runnable lost) {
    this.lost = lost;
  }

  @Override
  public void onRedisConnected(RedisChannelHandler<?, ?> channel, SocketAddress address) {
    tell(channel);
  }

  @Override
  public void onRedisDisconnected(RedisChannelHandler<?, ?> channel) {
    tell(channel);
  }

  private void tell(RedisChannelHandler<?, ?> channel) {
    if (channel instanceof StatefulConnection<?, ?> made && made.getCodec() == StringCodec.UTF8) {
      // the cluster client looks at the topology over connections of its own, which end at once
      return;
    }
    try {
      lost.run();
    } catch (RuntimeException e) {
      // the listener's own affair; thrown on, it would keep Lettuce from reconnecting
      log.atError().setCause(e).log("the listener of lost connections failed");
    }
  }
}
