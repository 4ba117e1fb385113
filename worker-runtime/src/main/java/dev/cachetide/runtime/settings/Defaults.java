package dev.cachetide.runtime.settings;

import dev.cachetide.wire.PipelineNames;
import java.time.Duration;
import java.util.Map;

/** What holds where the file says nothing. The one place; the published schema repeats it. */
public final class Defaults {

  /** Of {@link PostgresSettings#connectTimeout}. */
  public static final Duration POSTGRES_CONNECT_TIMEOUT = Duration.ofSeconds(5);

  /** Of {@link PostgresSettings#socketTimeout}. */
  public static final Duration POSTGRES_SOCKET_TIMEOUT = Duration.ofSeconds(30);

  /** Of {@link RedisSettings#timeout}. */
  public static final Duration REDIS_TIMEOUT = Duration.ofSeconds(2);

  /** Of {@link RedisSettings#cluster}. */
  public static final boolean REDIS_CLUSTER = false;

  /** Of {@link RuleSettings#schema} and {@link WriteTableSettings#schema}. */
  public static final String SCHEMA = "public";

  /** Of {@link FanOutSettings#cap}. */
  public static final int FAN_OUT_CAP = 1_000;

  /** Of the section {@code ingest}. */
  public static final IngestSettings INGEST =
      new IngestSettings(
          6,
          (short) -1,
          Duration.ofDays(7),
          Duration.ofMillis(1),
          Duration.ofSeconds(2),
          Duration.ofSeconds(30),
          Map.of());

  /** Of the section {@code writebehind}. */
  public static final WriteBehindSettings WRITE_BEHIND =
      new WriteBehindSettings(
          6,
          (short) -1,
          Duration.ofDays(7),
          50_000,
          Duration.ofMinutes(5),
          Duration.ofSeconds(5),
          Duration.ofSeconds(10),
          new WriteBehindSettings.BatchSettings(
              30_000, 16 * 1024 * 1024, Duration.ZERO, Duration.ofSeconds(1), 0),
          Duration.ofHours(24),
          Duration.ofDays(7));

  /** Of {@link WriteTableSettings#conflicts}. */
  public static final WriteTableSettings.Conflicts CONFLICTS =
      WriteTableSettings.Conflicts.LOG_ORDER;

  /** Of the section {@code http}. */
  public static final HttpSettings HTTP = new HttpSettings("127.0.0.1", 8080);

  /** Of the section {@code reload}. */
  public static final ReloadSettings RELOAD = new ReloadSettings(true, Duration.ofSeconds(2));

  private Defaults() {}

  /** Of the section {@code invalidation}. */
  public static InvalidationSettings invalidation(PipelineNames names) {
    return new InvalidationSettings(
        InvalidationSettings.Source.CACHETIDE,
        names.pipeline(),
        1_000,
        Duration.ofMinutes(5),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30));
  }
}
