package dev.cachetide;

import dev.cachetide.wire.WriteCommand;
import java.util.function.UnaryOperator;

/**
 * Writes that the cache shows at once and that reach Postgres through Kafka.
 *
 * <p>Each announces itself at the key, publishes the command, and shows the value once Kafka has
 * accepted it ({@code acks=all}), unless a later write or an eviction has come in between: then it
 * appears when it has been applied. If Kafka does not accept it, {@link WriteRefusedException} is
 * thrown and the cache is as before; so it is with {@link BacklogException}, when too many writes
 * wait to be applied. If Redis is away the write is accepted all the same and is visible once
 * applied.
 *
 * <p>A value that is shown stays until the change that it causes comes back and evicts it, for the
 * dirty TTL at most. So a rule of the pipeline must name the key. Should the write be refused or
 * lose a conflict, its key is evicted. Blocks until Kafka has answered.
 *
 * <p>What becomes of it the {@link Receipt} tells. A write whose id the application chose may be
 * repeated, as after a timeout: the repetition has no second effect.
 */
public interface WriteBehind<K, V> {

  /**
   * Writes a row and shows a value.
   *
   * @throws WriteRefusedException when Kafka does not accept it
   */
  Receipt put(K key, WriteCommand command, V value);

  /**
   * Writes a row and shows what is cached, changed; what is not cached is not shown.
   *
   * @param command a partial update or a delta, as a rule
   * @param change from the value that is cached to the one to show; must be pure
   * @throws WriteRefusedException when Kafka does not accept it
   */
  Receipt update(K key, WriteCommand command, UnaryOperator<V> change);

  /**
   * Deletes a row and shows that there is none.
   *
   * @throws WriteRefusedException when Kafka does not accept it
   */
  Receipt delete(K key, WriteCommand command);
}
