package dev.cachetide.invalidation;

import io.lettuce.core.RedisException;
import io.lettuce.core.api.async.RedisKeyAsyncCommands;
import io.lettuce.core.api.async.RedisServerAsyncCommands;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.List;

/** The one server, or the several, that hold the keys. Connects when first asked. */
interface RedisServers extends AutoCloseable {

  /** What comes on channels. */
  RedisCodec<String, byte[]> MESSAGES = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

  /**
   * Grows with every connection that is made and whenever other servers hold the keys: while it
   * stays the same, the same starts of the same servers answer.
   *
   * @throws RedisException when a connection is down; Lettuce is making another one
   */
  long changes();

  /** Reaches every key. */
  RedisClusterAsyncCommands<String, String> commands();

  /** Those that hold the keys now. */
  List<Primary> primaries();

  /** A connection to subscribe on, for the caller to close. */
  StatefulRedisPubSubConnection<String, byte[]> listening();

  /** A server that was taken for one of those is none: the next command asks anew who is. */
  void lookElsewhere();

  /** Whether a command may name keys of one server only. */
  boolean cluster();

  @Override
  void close();

  /** One server that holds keys. */
  record Primary(
      RedisKeyAsyncCommands<String, String> keys,
      RedisServerAsyncCommands<String, String> server) {}
}
