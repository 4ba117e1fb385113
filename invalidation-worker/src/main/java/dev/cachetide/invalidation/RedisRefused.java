package dev.cachetide.invalidation;

import dev.cachetide.runtime.Advised;
import dev.cachetide.runtime.TlsFault;
import dev.cachetide.runtime.TlsProbe;
import dev.cachetide.runtime.settings.RedisSettings;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisURI;
import java.util.Optional;

/** Redis, or the check of it, refuses the connection, and a setting of the file can help. */
final class RedisRefused extends RedisConnectionException implements Advised {

  private static final long serialVersionUID = 1L;

  private final String advice;

  private RedisRefused(RedisConnectionException cause, String advice) {
    super(RedisFactsQuery.reason(cause) + "; " + advice, cause);
    this.advice = advice;
  }

  /** The failure itself when no setting is to blame. Asks the server whether it speaks TLS. */
  static RedisConnectionException of(RedisConnectionException failure, RedisSettings settings) {
    Optional<String> advice = certificate(failure);
    return advice
        .or(() -> RedisFailures.refusal(failure))
        .or(() -> mismatch(settings))
        .<RedisConnectionException>map(each -> new RedisRefused(failure, each))
        .orElse(failure);
  }

  private static Optional<String> certificate(RedisConnectionException failure) {
    return TlsFault.in(failure)
        .flatMap(
            fault ->
                switch (fault) {
                  case OUT_OF_DATE ->
                      Optional.of(
                          "the server at redis.url has a certificate that is out of date: renew it"
                              + " there");
                  case UNKNOWN_AUTHORITY ->
                      Optional.of(
                          "no authority in redis.trustedCertificates has signed Redis's certificate:"
                              + " name the one that has");
                  case OTHER_HOST ->
                      Optional.of(
                          "Redis's certificate is for other hosts: name one of those in redis.url");
                  // No TLS at all looks like either.
                  case REFUSED, NO_TLS -> Optional.empty();
                });
  }

  /** Of Sentinels nothing is known: they are asked in TLS or not by the same rule. */
  private static Optional<String> mismatch(RedisSettings settings) {
    RedisURI uri = RedisAddress.of(settings.url());
    if (!uri.getSentinels().isEmpty()) {
      return Optional.empty();
    }
    TlsProbe.Answer answer = TlsProbe.ask(uri.getHost(), uri.getPort());
    if (answer == TlsProbe.Answer.UNKNOWN || (answer == TlsProbe.Answer.TLS) == uri.isSsl()) {
      return Optional.empty();
    }
    return Optional.of(
        uri.isSsl()
            ? "Redis speaks no TLS at that port, and rediss:// in redis.url demands it: nothing is"
                + " sent in clear; name its tls-port"
            : "Redis speaks TLS at that port: write rediss:// in redis.url");
  }

  @Override
  public String advice() {
    return advice;
  }
}
