package dev.cachetide.invalidation;

import dev.cachetide.invalidation.EventDecoder.MalformedEvent;
import dev.cachetide.wire.ChannelMessage;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.InvalidationCodec;
import dev.cachetide.wire.InvalidationCodec.MalformedMessageException;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record of the topic of requests, which any application may write to. What is no request there
 * says nothing about any key, so it is parked and nothing leaves for it.
 */
final class RequestDecoder {

  private RequestDecoder() {}

  /**
   * Decodes one record.
   *
   * @return a key, tag, version or pattern
   * @throws MalformedEvent when the record asks for nothing of these; constant text, no targets
   */
  static Invalidation decode(ConsumerRecord<byte[], byte[]> record) throws MalformedEvent {
    if (record.value() == null) {
      throw new MalformedEvent("a request without a value");
    }
    try {
      ChannelMessage message = InvalidationCodec.decode(record.value());
      if (message instanceof ChannelMessage.Single single
          && !(single.invalidation() instanceof Invalidation.All)) {
        return single.invalidation();
      }
    } catch (MalformedMessageException e) {
      throw new MalformedEvent("no request: " + e.getMessage());
    }
    throw new MalformedEvent("a message for the channel, not a request");
  }
}
