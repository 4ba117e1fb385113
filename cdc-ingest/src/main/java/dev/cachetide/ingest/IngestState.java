package dev.cachetide.ingest;

import dev.cachetide.runtime.Readiness;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where ingest stands, for probes: ready as long as heartbeats keep coming back through the slot.
 *
 * <p>Being connected proves nothing: a slot can be open and deliver nothing, a broker can accept
 * connections and no records. A heartbeat that was written by this process, decoded, gated,
 * published with its batch and acknowledged has been everywhere a change event goes.
 */
final class IngestState {

  private static final Logger log = LoggerFactory.getLogger(IngestState.class);
  private static final int INTERVALS = 3;
  private static final String STREAMING = "";

  private final Duration freshness;
  private final LongSupplier nanoClock;
  private volatile String phase = "not started";
  private volatile String obstacle = "";
  private volatile long firstBeat = Long.MAX_VALUE;
  private volatile boolean beaten;
  private volatile boolean progress;
  private volatile long lastBeatNanos;

  IngestState(Duration heartbeat, LongSupplier nanoClock) {
    this.freshness = heartbeat.multipliedBy(INTERVALS);
    this.nanoClock = nanoClock;
  }

  Readiness readiness() {
    if (!phase.equals(STREAMING)) {
      return Readiness.no(phase);
    }
    if (!obstacle.isEmpty()) {
      return Readiness.no(obstacle);
    }
    if (!beaten || nanoClock.getAsLong() - lastBeatNanos > freshness.toNanos()) {
      return Readiness.no("no heartbeat has come back through the slot lately");
    }
    return Readiness.yes();
  }

  /** Not streaming, for this reason: constant text. */
  void notStreaming(String reason) {
    if (!phase.equals(reason)) {
      log.atInfo().addKeyValue("state", reason).log("ingest is not streaming");
    }
    phase = reason;
    beaten = false;
    firstBeat = Long.MAX_VALUE;
  }

  /** Streaming; heartbeats of earlier runs, which the slot may still hold, do not count. */
  void streaming(long firstBeatOfThisRun) {
    beaten = false;
    firstBeat = firstBeatOfThisRun;
    obstacle = "";
    phase = STREAMING;
    log.atInfo().log("ingest is streaming");
  }

  /** A batch waits for something: constant text; empty when it no longer does. */
  void waitingFor(String what) {
    if (!obstacle.equals(what)) {
      log.atInfo().addKeyValue("state", what.isEmpty() ? "streaming" : what).log("ingest");
    }
    obstacle = what;
  }

  void heartbeatAcknowledged(long beat) {
    if (beat >= firstBeat) {
      lastBeatNanos = nanoClock.getAsLong();
      beaten = true;
      progress = true;
    }
  }

  /** Whether this process reads the slot. */
  boolean isStreaming() {
    return phase.equals(STREAMING);
  }

  /** Whether a heartbeat has come back since this was last asked. */
  boolean takeProgress() {
    boolean taken = progress;
    progress = false;
    return taken;
  }

  /** Whether this run has been ready at least once. */
  boolean hasBeaten() {
    return beaten;
  }
}
