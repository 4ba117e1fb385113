package dev.cachetide.cli.console;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where the console is served, to whom, and where the workers' metrics are.
 *
 * @param host to listen on
 * @param port 0 takes a free one
 * @param names under which browsers reach it, beside the host and the loopback ones
 * @param token that every action asks for; null makes the console read-only
 * @param metrics pages of the workers, such as {@code http://127.0.0.1:8080/metrics}
 */
public record ConsoleSettings(
    String host, int port, Set<String> names, @Nullable String token, List<URI> metrics) {

  /** A shorter token can be guessed. */
  public static final int SHORTEST_TOKEN = 16;

  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "::1", "[::1]");

  /** Copies the collections; a token is long enough, and there is one when others may ask. */
  public ConsoleSettings {
    names =
        names.stream()
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet());
    metrics = List.copyOf(metrics);
    if (token != null && token.length() < SHORTEST_TOKEN) {
      throw new IllegalArgumentException("the token is shorter than " + SHORTEST_TOKEN);
    }
    if (token == null && !isLoopback(host)) {
      throw new IllegalArgumentException("a console that others reach needs a token");
    }
  }

  /** Whether only this machine reaches a host. */
  public static boolean isLoopback(String host) {
    return LOOPBACK.contains(host.toLowerCase(Locale.ROOT));
  }

  /** Whether reading needs the token too. */
  boolean guarded() {
    return !isLoopback(host);
  }

  /** Whether a browser may have been sent here under a name. */
  boolean answersTo(String name) {
    return isLoopback(name)
        || name.equalsIgnoreCase(host)
        || names.contains(name.toLowerCase(Locale.ROOT));
  }

  /** Without the token. */
  @Override
  public String toString() {
    return "ConsoleSettings[" + host + ":" + port + "]";
  }
}
