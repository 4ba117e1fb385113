package dev.cachetide.invalidation;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.cachetide.runtime.Advised;
import dev.cachetide.runtime.TlsFault;
import dev.cachetide.runtime.TlsProbe;
import dev.cachetide.runtime.settings.RedisSettings;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisURI;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Optional;

/** Redis, or the check of it, refuses the connection, and a setting of the file can help. */
final class RedisRefused extends RedisConnectionException implements Advised {

  private static final long serialVersionUID = 1L;

  private static final int LIMIT_MILLIS = 4_000;

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
    if (uri.isSsl()) {
      return answersInClear(uri)
          ? Optional.of(
              "Redis speaks no TLS at that port, and rediss:// in redis.url demands it: nothing is"
                  + " sent in clear; name its tls-port")
          : Optional.empty();
    }
    return TlsProbe.ask(uri.getHost(), uri.getPort()) == TlsProbe.Answer.TLS
        ? Optional.of("Redis speaks TLS at that port: write rediss:// in redis.url")
        : Optional.empty();
  }

  /** A greeting in TLS it would never answer: to Redis that is a line whose end is to come. */
  private static boolean answersInClear(RedisURI uri) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), LIMIT_MILLIS);
      socket.setSoTimeout(LIMIT_MILLIS);
      socket.getOutputStream().write("PING\r\n".getBytes(US_ASCII));
      int first = socket.getInputStream().read();
      return first == '+' || first == '-';
    } catch (IOException | IllegalArgumentException e) {
      // Not there, or no name: the client's own failure says so already.
      return false;
    }
  }

  @Override
  public String advice() {
    return advice;
  }
}
