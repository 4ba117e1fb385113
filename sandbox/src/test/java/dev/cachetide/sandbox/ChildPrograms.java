package dev.cachetide.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** What the children of the tests run. */
final class ChildPrograms {
  private ChildPrograms() {}

  /** Says its argument and its variable, and exits 3. */
  static final class Says {
    private Says() {}

    public static void main(String[] arguments) {
      System.out.println("argument " + arguments[0] + " property " + System.getProperty("said"));
      System.err.println("variable " + System.getenv("SAID"));
      System.exit(3);
    }
  }

  /** Counts aloud until it is ended. */
  static final class Counts {
    private Counts() {}

    public static void main(String[] arguments) throws InterruptedException {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("drained")));
      CountDownLatch never = new CountDownLatch(1);
      for (int count = 1; !never.await(5, TimeUnit.MILLISECONDS); count++) {
        System.out.println("count " + count);
      }
    }
  }

  /** Starts Postgres and Redis, in the given folder if there is one, and never closes them. */
  static final class NeverCloses {
    private NeverCloses() {}

    public static void main(String[] arguments) throws Exception {
      SandboxRedis redis = SandboxRedis.builder().start();
      SandboxPostgres postgres =
          arguments.length == 0
              ? SandboxPostgres.builder().start()
              : SandboxPostgres.start(Path.of(arguments[0]));
      Ask.execute(postgres, "CREATE TABLE kept AS SELECT 42 AS answer");
      System.out.println("redis=" + redis.port());
      System.out.println("postgres=" + postgres.port());
      System.out.println("folder=" + postgres.directory());
      new CountDownLatch(1).await();
    }
  }

  /** Starts a Redis Cluster and a Redis with Sentinels, and never closes them. */
  static final class NeverClosesTopologies {
    private NeverClosesTopologies() {}

    public static void main(String[] arguments) throws Exception {
      SandboxRedisCluster cluster = SandboxRedisCluster.start();
      SandboxSentinel sentinel = SandboxSentinel.start();
      List<Integer> ports = new ArrayList<>(sentinel.sentinelPorts());
      sentinel.servers().forEach(server -> ports.add(server.port()));
      cluster.nodes().forEach(node -> ports.add(node.port()));
      System.out.println(
          "ports=" + ports.stream().map(String::valueOf).collect(Collectors.joining(",")));
      new CountDownLatch(1).await();
    }
  }

  /** The value of a line {@code name=value}. */
  static String value(String line) throws IOException {
    int equals = line.indexOf('=');
    if (equals < 0) {
      throw new IOException("not name=value: " + line);
    }
    return line.substring(equals + 1);
  }
}
