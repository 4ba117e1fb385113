package dev.cachetide.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;

/** One Sentinel, which watches the group {@value #GROUP}. */
final class SentinelNode {
  static final String GROUP = "main";

  private static final String QUORUM = "2";
  private static final Duration DOWN_AFTER = Duration.ofSeconds(1);

  /** Also half the time after one failover until the Sentinels agree to another. */
  private static final Duration FAILOVER_TIMEOUT = Duration.ofSeconds(2);

  private final int port = FreePorts.next();
  private final RedisProcess process;

  /** The folder must exist; the Sentinel keeps there what it learns. */
  SentinelNode(String name, Path folder, int primaryPort) {
    Path configuration = folder.resolve(name + ".conf");
    new RedisConfiguration()
        .set("bind", "127.0.0.1")
        .set("port", Integer.toString(port))
        .set("dir", folder.toString())
        .set("daemonize", "no")
        .set("sentinel", "resolve-hostnames", "no")
        .set("sentinel", "monitor", GROUP, "127.0.0.1", Integer.toString(primaryPort), QUORUM)
        .set("sentinel", "down-after-milliseconds", GROUP, millis(DOWN_AFTER))
        .set("sentinel", "failover-timeout", GROUP, millis(FAILOVER_TIMEOUT))
        .writeTo(configuration);
    this.process = new RedisProcess(name, port, folder, configuration.toString(), "--sentinel");
  }

  int port() {
    return port;
  }

  boolean running() {
    return process.running();
  }

  void start() throws IOException {
    process.start(() -> RedisPing.answers(port));
    // Ten and two seconds otherwise: a returned primary would be made a replica only after twenty.
    ask("SENTINEL", "DEBUG", "INFO-PERIOD", "500", "PUBLISH-PERIOD", "250");
  }

  void stop() {
    process.stop();
  }

  /** Whom this Sentinel tells clients to connect to; absent when it does not answer. */
  OptionalInt primaryPort() {
    try {
      List<String> address = ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", GROUP);
      return address.size() < 2
          ? OptionalInt.empty()
          : OptionalInt.of(Integer.parseInt(address.get(1)));
    } catch (IOException e) {
      // Silent for now: the caller asks another one, or again.
      return OptionalInt.empty();
    }
  }

  /** Whether it sees the primary, so many others and a replica, and all of them well. */
  boolean seesAllWell(int otherSentinels) {
    try {
      List<String> primary = ask("SENTINEL", "MASTER", GROUP);
      List<String> replica = ask("SENTINEL", "REPLICAS", GROUP);
      return value(primary, "flags").equals("master")
          && value(primary, "num-slaves").equals("1")
          && value(primary, "num-other-sentinels").equals(Integer.toString(otherSentinels))
          && value(replica, "flags").equals("slave")
          && value(replica, "master-link-status").equals("ok");
    } catch (IOException e) {
      // Silent for now: the caller asks again until its limit.
      return false;
    }
  }

  /** Whether it agreed to begin a failover. */
  boolean failover() {
    try {
      return ask("SENTINEL", "FAILOVER", GROUP).contains("OK");
    } catch (IOException e) {
      // Refused while another one runs or the replica is not fit: the caller asks again.
      return false;
    }
  }

  private List<String> ask(String... words) throws IOException {
    try (RedisConnection connection = RedisConnection.open(port)) {
      return connection.ask(words);
    }
  }

  /** From a reply that alternates names and values; empty when it has no such name. */
  private static String value(List<String> reply, String name) {
    int index = reply.indexOf(name);
    return index < 0 ? "" : reply.get(index + 1);
  }

  private static String millis(Duration duration) {
    return Long.toString(duration.toMillis());
  }
}
