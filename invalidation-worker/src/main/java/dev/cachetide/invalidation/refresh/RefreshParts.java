package dev.cachetide.invalidation.refresh;

import dev.cachetide.RedisConfig;
import dev.cachetide.internal.fenced.FencedStore;
import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.settings.RedisSettings;
import dev.cachetide.wire.TableName;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Puts the pieces together.
 *
 * @param postgres which connections are opened at
 * @param tables as the catalogue describes them; empty as long as it was not read
 * @param generation of the pipeline; empty while it is not known
 */
public record RefreshParts(
    RedisSettings redis,
    PostgresConnector postgres,
    Function<TableName, Optional<TableInfo>> tables,
    Supplier<OptionalLong> generation,
    Refresher.Meters meters) {

  private static final int QUEUE = 20_000;
  private static final int TOKEN = 16;
  private static final SecureRandom RANDOM = new SecureRandom();

  /** For the invalidation worker's loop; connects in the background. */
  public Refresher refresher() {
    RedisLink link = link();
    FencedStore fenced = new FencedStore(link, RefreshParts::token);
    return new Refresher(
        link,
        fenced,
        new MirrorStore(link),
        reader(fenced, new RowReader(postgres.named("cachetide-refresh"), tables)),
        generation,
        InstantSource.system(),
        redis.timeout(),
        meters);
  }

  /** For a command; connects in the background. */
  public Warmer warmer() {
    RedisLink link = link();
    FencedStore fenced = new FencedStore(link, RefreshParts::token);
    RowReader rows = new RowReader(postgres.named("cachetide-warm"), tables);
    return new Warmer(
        link,
        fenced,
        new MirrorStore(link),
        rows,
        reader(fenced, rows),
        life(),
        generation,
        redis.timeout());
  }

  private ReaderWay reader(FencedStore fenced, RowSource rows) {
    return new ReaderWay(fenced, rows, life(), redis.timeout(), meters, System::nanoTime);
  }

  private static Life life() {
    return new Life(InstantSource.system(), RANDOM);
  }

  private RedisLink link() {
    return RedisLink.open(
        new RedisConfig(
            List.of(redis.url()),
            redis.cluster(),
            redis.timeout(),
            QUEUE,
            redis.trustedCertificates()),
        () -> {});
  }

  private static byte[] token() {
    byte[] token = new byte[TOKEN];
    RANDOM.nextBytes(token);
    return token;
  }
}
