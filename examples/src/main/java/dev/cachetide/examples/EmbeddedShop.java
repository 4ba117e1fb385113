package dev.cachetide.examples;

import com.zaxxer.hikari.HikariDataSource;
import dev.cachetide.Cachetide;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.sandbox.SandboxRedis;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;

/**
 * The shop on embedded Postgres, Kafka and Redis, with its pipeline running in this process: what
 * the services find around them in production.
 */
public final class EmbeddedShop implements AutoCloseable {

  private static final String CUSTOMERS =
      """
      INSERT INTO users (id, email, name)
      SELECT i, 'customer' || i || '@example.com', 'Customer' FROM generate_series(1001, 1500) i
      """;

  private final Sandbox sandbox = Sandbox.start();
  private final HikariDataSource database = new HikariDataSource();
  private final List<Runnable> opened = new ArrayList<>();
  private final Cachetide client;

  private EmbeddedShop() throws Exception {
    try {
      database.setJdbcUrl(sandbox.postgres().jdbcUrl());
      database.setUsername(sandbox.postgres().user());
      database.setPassword(sandbox.postgres().password());
      execute(ShopFiles.read("shop/schema.sql"));
      execute(CUSTOMERS);
      opened.add(ShopPipeline.startOn(sandbox)::close);
      client = openClient();
      opened.add(client::close);
    } catch (Exception e) {
      close();
      throw e;
    }
  }

  /** Starts everything and waits until the cache is trusted; some ten seconds. */
  public static EmbeddedShop start() throws Exception {
    return new EmbeddedShop();
  }

  /** What the services read and write. */
  public DataSource database() {
    return database;
  }

  /** Where that is, for an application that connects by itself; it asks for no password. */
  public String databaseUrl() {
    return sandbox.postgres().jdbcUrl();
  }

  /** The user of {@link #databaseUrl()}. */
  public String databaseUser() {
    return sandbox.postgres().user();
  }

  /** Where Redis is, for an application that makes its own client of the pipeline {@code shop}. */
  public String redisUrl() {
    return sandbox.redis().uri();
  }

  /** A client that follows the pipeline. */
  public Cachetide client() {
    return client;
  }

  /** Another, as in another process; trusted when this returns. */
  Cachetide openClient() throws Exception {
    Cachetide opening =
        Cachetide.builder()
            .redis(sandbox.redis().uri())
            .redisTimeout(Duration.ofSeconds(2))
            .pipeline("shop")
            .kafka(Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()))
            .build();
    Eventually.holds("the cache is trusted", opening::trusted);
    return opening;
  }

  SandboxRedis redis() {
    return sandbox.redis();
  }

  /** Changes rows as anybody might, behind the services' backs. */
  public void execute(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() {
    for (int i = opened.size() - 1; i >= 0; i--) {
      opened.get(i).run();
    }
    database.close();
    sandbox.close();
  }
}
