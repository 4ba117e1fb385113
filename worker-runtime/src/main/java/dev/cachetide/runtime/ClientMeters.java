package dev.cachetide.runtime;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;

/**
 * What a worker's Kafka clients tell of themselves, in its registry until this is closed. A client
 * that is opened later, as while a worker drains, is not taken in. Safe for concurrent use.
 */
final class ClientMeters implements AutoCloseable {

  private final MeterRegistry registry;
  private final List<KafkaClientMetrics> bound = new ArrayList<>();

  /** Looks once a minute which meters the clients have got by now; one thread for all of them. */
  private final ScheduledExecutorService looking;

  private boolean closed;

  ClientMeters(MeterRegistry registry, String name) {
    this.registry = registry;
    looking =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, name + "-client-meters");
              thread.setDaemon(true);
              return thread;
            });
  }

  void of(Consumer<?, ?> consumer) {
    bind(new KafkaClientMetrics(consumer, List.of(), looking));
  }

  void of(Producer<?, ?> producer) {
    bind(new KafkaClientMetrics(producer, List.of(), looking));
  }

  void of(AdminClient admin) {
    bind(new KafkaClientMetrics(admin, List.of(), looking));
  }

  private synchronized void bind(KafkaClientMetrics metrics) {
    if (!closed) {
      metrics.bindTo(registry);
      bound.add(metrics);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    bound.forEach(KafkaClientMetrics::close);
    looking.shutdownNow();
  }
}
