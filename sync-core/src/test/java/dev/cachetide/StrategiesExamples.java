package dev.cachetide;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.WriteCommand;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The Java of {@code docs/strategies.md}, compiled. {@code StrategiesDocTest} compares the two. */
@SuppressWarnings({"unused", "UnusedVariable", "UnusedMethod"})
final class StrategiesExamples {

  private final Database db;
  private final Map<String, ?> kafka;

  StrategiesExamples(Database db, Map<String, ?> kafka) {
    this.db = db;
    this.kafka = kafka;
  }

  Cachetide client() {
    Cachetide client =
        Cachetide.builder().redis("redis://cache:6379").pipeline("shop").kafka(kafka).build();
    return client;
  }

  Optional<User> cacheAside(Cachetide client, List<Long> ids) {
    Cache<Long, User> users = client.<Long, User>cache("user", Codec.json(User.class)).build();

    Optional<User> user = users.getOrLoad(7L, db::user);
    Map<Long, User> some = users.getAllOrLoad(ids, db::users);
    Optional<User> cached = users.get(7L);
    users.evict(7L);
    return user;
  }

  void leased(Cache<Long, User> users) {
    try (Leased<User> read = users.getOrLease(7L)) {
      if (!read.hit()) {
        read.fill(db.user(7L));
      }
    }
  }

  void put(Cache<Long, User> users, User user) {
    users.put(7L, user);
    users.put(7L, user, Duration.ofMinutes(5));
    users.putAll(Map.of(7L, new Timed<>(user, Duration.ofMinutes(5))));
  }

  Optional<User> readThrough(Cachetide client) {
    Cache<Long, User> users =
        client
            .<Long, User>cache("user", Codec.json(User.class))
            .ttl(Duration.ofMinutes(30))
            .negativeTtl(Duration.ofSeconds(30))
            .loader(db::user)
            .build();

    Optional<User> user = users.load(7L);
    return user;
  }

  void writeThrough(Cache<Long, User> users) throws Exception {
    User user = users.writeThrough(7L, () -> db.rename(7L, "ada@example.com"));
    users.deleteThrough(8L, () -> db.delete(8L));
  }

  void writeBehind(Cache<Long, User> users, User user) {
    Receipt receipt =
        users
            .writeBehind()
            .put(
                7L,
                WriteCommand.upsert("public.users", Map.of("id", 7), Map.of("email", user.email())),
                user);
    boolean shown = receipt.visible();
  }

  Cache<Long, User> refreshAhead(Cachetide client) {
    return client
        .<Long, User>cache("user", Codec.json(User.class))
        .ttl(Duration.ofHours(1))
        .softTtl(Duration.ofMinutes(45))
        .staleWhileError(Duration.ofHours(6))
        .loader(db::user)
        .build();
  }

  Cache<Long, User> near(Cachetide client) {
    return client
        .<Long, User>cache("user", Codec.json(User.class))
        .near(10_000, Duration.ofMinutes(1))
        .loader(db::user)
        .build();
  }

  void alias(Cachetide client) throws Exception {
    Cache<Long, User> users =
        client.<Long, User>cache("user", Codec.json(User.class)).loader(db::user).build();
    Alias<String, User> byEmail =
        users.alias("user:email:", User::email, Codec.json(Long.class), db::idOf);

    Optional<User> ada = byEmail.get("ada@example.com");
    users.writeThrough(7L, () -> db.rename(7L, "lovelace@example.com"));
    Optional<User> moved = byEmail.get("lovelace@example.com");
  }

  void invalidation(Cachetide client) {
    Invalidations invalidations = client.invalidations();
    invalidations.evict(new Invalidation.Key("user:7")).join();
    invalidations.evict(new Invalidation.Tag("category:toys")).join();
    invalidations.evict(new Invalidation.Pattern("user:*")).join();
    invalidations.evict(new Invalidation.Version("catalogue")).join();
    invalidations.request(new Invalidation.Tag("category:toys")).join();
  }

  AutoCloseable listen(Cachetide client, Consumer<Invalidation> listener) {
    return client.invalidations().listen(listener);
  }

  void tags(Cachetide client) {
    Cache<String, List<Long>> lists =
        client
            .<String, List<Long>>cache("list", Codec.json(new TypeReference<List<Long>>() {}))
            .keyTags(category -> Set.of("category:" + category))
            .loader(db::idsIn)
            .build();
    Cache<Long, User> pages =
        client.<Long, User>cache("page", Codec.json(User.class)).version("catalogue").build();
  }

  boolean updateField(Cache<Long, User> items) throws Exception {
    return items.updateField(3L, FieldChange.add("/stock", -1), () -> db.sellOne(3L));
  }

  Warming.Result warm(Cache<Long, User> users, List<Long> ids) {
    Warming warming = Warming.defaults().within(2, 5_000).reporting(so -> db.log(so.seen()));
    users.warm(users.hottest(1_000), db::users, warming);
    return users.warm(ids, db::users, warming);
  }

  void metrics(Cachetide client, Cache<Long, User> users, MeterRegistry registry) {
    new CacheMeters(users).bindTo(registry);
    new ClientMeters(client).bindTo(registry);
    double ratio = users.stats().hitRatio();
    users.resetStats();
  }

  Cache<Long, User> protection(Cachetide client) {
    return client
        .<Long, User>cache("user", Codec.json(User.class))
        .limits(new CacheConfig.Limits(256 * 1024, 1024))
        .staleWhileError(Duration.ofHours(1))
        .build();
  }

  Cache<Long, User> plain(Cachetide client) {
    return client.<Long, User>cache("user", Codec.json(User.class)).plain().build();
  }

  /** What the examples ask of a database. */
  interface Database {
    @Nullable User user(long id);

    Map<Long, User> users(Collection<Long> ids);

    @Nullable Long idOf(String email);

    List<Long> idsIn(String category);

    User rename(long id, String email);

    int delete(long id);

    int sellOne(long id);

    void log(long seen);
  }
}
