package dev.cachetide.runtime;

import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;

/** What a loop subscribes to. Topics that do not exist yet are joined once they do. */
public sealed interface Topics {

  /** Subscribes a consumer. */
  void subscribe(Consumer<?, ?> consumer, ConsumerRebalanceListener listener);

  /** Whether a topic of this name is one of them. */
  boolean contains(String topic);

  /** These topics. */
  static Topics named(Set<String> names) {
    return new Named(names);
  }

  /** Every topic whose whole name matches; a new one is noticed within 10 s. */
  static Topics matching(Pattern pattern) {
    return new Matching(pattern);
  }

  /** Whether {@link #subscribe} would ask for something else now than it did before. */
  default boolean changed() {
    return false;
  }

  /**
   * The topics that somebody names, who may name others later. Subscribed by one loop.
   *
   * @param names safe for any thread
   */
  static Topics changing(Supplier<Set<String>> names) {
    return new Changing(names);
  }

  /** By name, from time to time by others. */
  final class Changing implements Topics {
    private final Supplier<Set<String>> names;
    private Set<String> subscribed = Set.of();

    private Changing(Supplier<Set<String>> names) {
      this.names = names;
    }

    @Override
    public void subscribe(Consumer<?, ?> consumer, ConsumerRebalanceListener listener) {
      subscribed = names.get();
      consumer.subscribe(subscribed, listener);
    }

    @Override
    public boolean contains(String topic) {
      return names.get().contains(topic);
    }

    @Override
    public boolean changed() {
      return !subscribed.equals(names.get());
    }
  }

  /** By name. */
  record Named(Set<String> names) implements Topics {
    /** Copies the set. */
    public Named {
      names = Set.copyOf(names);
    }

    @Override
    public void subscribe(Consumer<?, ?> consumer, ConsumerRebalanceListener listener) {
      consumer.subscribe(names, listener);
    }

    @Override
    public boolean contains(String topic) {
      return names.contains(topic);
    }
  }

  /** By pattern. */
  record Matching(Pattern pattern) implements Topics {
    @Override
    public void subscribe(Consumer<?, ?> consumer, ConsumerRebalanceListener listener) {
      consumer.subscribe(pattern, listener);
    }

    @Override
    public boolean contains(String topic) {
      return pattern.matcher(topic).matches();
    }
  }
}
