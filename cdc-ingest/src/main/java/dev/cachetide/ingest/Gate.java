package dev.cachetide.ingest;

import dev.cachetide.runtime.postgres.VisibilityGate;
import dev.cachetide.runtime.postgres.VisibilityGate.Passage;
import java.time.Duration;
import java.util.Collection;
import java.util.function.BooleanSupplier;

/** What the flow needs of {@link VisibilityGate}. */
interface Gate extends AutoCloseable {

  /** See {@link VisibilityGate#await}. */
  Passage await(Collection<Long> xids, Duration limit, BooleanSupplier stop);

  @Override
  void close();

  static Gate of(VisibilityGate gate) {
    return new Gate() {
      @Override
      public Passage await(Collection<Long> xids, Duration limit, BooleanSupplier stop) {
        return gate.await(xids, limit, stop);
      }

      @Override
      public void close() {
        gate.close();
      }
    };
  }
}
