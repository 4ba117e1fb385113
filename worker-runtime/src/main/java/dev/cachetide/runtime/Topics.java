package dev.cachetide.runtime;

import java.util.Set;
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
