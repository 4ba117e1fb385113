package dev.cachetide.ingest;

import dev.cachetide.runtime.postgres.VisibilityGate.Passage;
import dev.cachetide.runtime.postgres.VisibilityGate.Verdict;
import dev.cachetide.runtime.settings.PipelineSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.function.BooleanSupplier;

/** The negative control: ingest that publishes changes before anybody can read them. */
public final class UngatedIngest {

  private UngatedIngest() {}

  /** One that is like the real one but for the gate; not started. */
  public static CdcIngest of(PipelineSettings settings, MeterRegistry meters) {
    return new CdcIngest(settings, meters, Variations.none().withGate(connector -> new OpenGate()));
  }

  /** Lets everything pass at once. */
  private static final class OpenGate implements Gate {

    @Override
    public Passage await(Collection<Long> xids, Duration limit, BooleanSupplier stop) {
      return new Passage(Verdict.VISIBLE, null, Duration.ZERO);
    }

    @Override
    public void close() {}
  }
}
