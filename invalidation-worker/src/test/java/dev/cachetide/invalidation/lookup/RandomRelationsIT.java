package dev.cachetide.invalidation.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.invalidation.rules.RowImage;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.key.KeyTemplate;
import dev.cachetide.runtime.settings.FanOutSettings;
import dev.cachetide.runtime.settings.FanOutSettings.Through;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Random relations, rows and changes: exactly the keys leave that a search through all related rows
 * finds, and above the cap exactly the tags of the changed rows.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class RandomRelationsIT {

  private static final int CASES = Boolean.getBoolean("full") ? 2_000 : 150;
  private static final String AT = "rules[0].fan_out[0]";
  private static final List<@Nullable String> TEXTS = texts();
  private static final KeyTemplate KEY = template("c:{id}:{pa}");
  private static final KeyTemplate TAG = template("t:{id}:{a}");

  private World world;
  private Connection connection;

  private static List<@Nullable String> texts() {
    List<@Nullable String> texts = new ArrayList<>(List.of("", "x", "X", "*", "a,b", "\"", "NULL"));
    texts.add("{\\}");
    texts.add(null);
    return texts;
  }

  private static KeyTemplate template(String text) {
    return ((KeyTemplate.Compilation.Compiled) KeyTemplate.compile(text)).template();
  }

  @BeforeAll
  void start() throws SQLException {
    world = World.start();
    world.execute(
        "CREATE TABLE parents (id int PRIMARY KEY, a text, b int)",
        "ALTER TABLE parents REPLICA IDENTITY FULL",
        "CREATE TABLE children (id int, pa text, pb bigint, ref smallint)");
    connection = world.postgres.connect();
  }

  @AfterAll
  void stop() throws SQLException {
    connection.close();
    world.close();
  }

  @Test
  void exactly_what_is_related_leaves() throws Exception {
    long first = new Random().nextLong();
    try (PostgresLookups lookups = new PostgresLookups(world.connector)) {
      for (int i = 0; i < CASES; i++) {
        check(first + i, lookups);
      }
    }
  }

  private void check(long seed, PostgresLookups lookups) throws SQLException {
    Random random = new Random(seed);
    List<Map<String, @Nullable String>> children = children(random);
    Shape shape = shapes().get(random.nextInt(shapes().size()));
    int cap = 1 + random.nextInt(5);
    ChangeEvent[] events = new ChangeEvent[1 + random.nextInt(8)];
    Set<String> keys = new HashSet<>();
    Set<String> tags = new HashSet<>();
    for (int i = 0; i < events.length; i++) {
      events[i] = event(random);
      for (RowImage image : images(events[i])) {
        var related =
            children.stream().filter(child -> shape.related.test(child, image.values())).toList();
        if (related.size() > cap) {
          tags.add(TAG.render(image.values()));
        } else {
          related.forEach(child -> keys.add(KEY.render(child)));
        }
      }
    }
    Plan plan = World.plan(rules(shape, cap), events);
    assertThat(lookups.resolve(plan).failures()).as("seed %s", seed).isEmpty();
    assertThat(plan.keys()).as("keys, seed %s, %s", seed, shape).isEqualTo(keys);
    assertThat(plan.tags()).as("tags, seed %s, %s", seed, shape).isEqualTo(tags);
    assertThat(plan.patterns()).as("patterns, seed %s", seed).isEmpty();
  }

  private static RuleSet rules(Shape shape, int cap) {
    FanOutSettings fanOut =
        new FanOutSettings(
            AT,
            new EvictSettings(AT + ".key", KEY.toString()),
            shape.query,
            shape.through,
            cap,
            new EvictSettings(AT + ".above.tag", Kind.TAG, TAG.toString()));
    RuleSet.Result compiled =
        RuleSet.compile(
            "file",
            List.of(
                new RuleSettings("rules[0]", "p", "public", "parents", List.of())
                    .withFanOut(fanOut),
                new RuleSettings(
                    "rules[1]",
                    "c",
                    "public",
                    "children",
                    List.of(new EvictSettings("rules[1].evict[0].key", KEY.toString())))));
    return ((RuleSet.Result.Compiled) compiled).rules();
  }

  private static List<Shape> shapes() {
    BiPredicate<Map<String, @Nullable String>, Map<String, @Nullable String>> byId =
        (child, parent) -> equal(child.get("ref"), parent.get("id"));
    BiPredicate<Map<String, @Nullable String>, Map<String, @Nullable String>> byText =
        (child, parent) -> equal(child.get("pa"), parent.get("a"));
    BiPredicate<Map<String, @Nullable String>, Map<String, @Nullable String>> byBoth =
        byText.and((child, parent) -> equal(child.get("pb"), parent.get("b")));
    return List.of(
        new Shape(null, through(List.of("ref"), List.of("id")), byId),
        new Shape(null, through(List.of("pa"), List.of("a")), byText),
        new Shape(null, through(List.of("pb", "pa"), List.of("b", "a")), byBoth),
        new Shape("SELECT * FROM children WHERE ref = ANY(:id)", null, byId),
        new Shape("SELECT pa, id FROM children WHERE pa = ANY(:a) -- :b", null, byText),
        new Shape(
            "WITH wanted AS (SELECT * FROM unnest(:a, :b) AS w(a, b))"
                + " SELECT * FROM children WHERE (pa, pb) IN (SELECT a, b FROM wanted)",
            null,
            byBoth));
  }

  private static Through through(List<String> columns, List<String> references) {
    return new Through("public", "children", columns, references);
  }

  private static boolean equal(@Nullable String one, @Nullable String other) {
    return one != null && one.equals(other);
  }

  private List<Map<String, @Nullable String>> children(Random random) throws SQLException {
    List<Map<String, @Nullable String>> children = new ArrayList<>();
    try (Statement statement = connection.createStatement()) {
      statement.execute("TRUNCATE children");
    }
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO children VALUES (?::int, ?, ?::bigint, ?::smallint)")) {
      for (int id = random.nextInt(25); id > 0; id--) {
        Map<String, @Nullable String> child = new HashMap<>();
        child.put("id", Integer.toString(id));
        child.put("pa", TEXTS.get(random.nextInt(TEXTS.size())));
        child.put("pb", number(random));
        child.put("ref", number(random));
        insert.setString(1, child.get("id"));
        insert.setString(2, child.get("pa"));
        insert.setString(3, child.get("pb"));
        insert.setString(4, child.get("ref"));
        insert.addBatch();
        children.add(child);
      }
      insert.executeBatch();
    }
    return children;
  }

  private static ChangeEvent event(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> new ChangeEvent(Operation.CREATE, null, parent(random), -1, -1);
      case 1 -> new ChangeEvent(Operation.DELETE, parent(random), null, -1, -1);
      default -> new ChangeEvent(Operation.UPDATE, parent(random), parent(random), -1, -1);
    };
  }

  private static List<RowImage> images(ChangeEvent event) {
    List<RowImage> images = new ArrayList<>();
    if (event.before() != null) {
      images.add(event.before());
    }
    if (event.after() != null) {
      images.add(event.after());
    }
    return images;
  }

  private static RowImage parent(Random random) {
    Map<String, @Nullable String> row = new HashMap<>();
    row.put("id", Integer.toString(random.nextInt(4)));
    row.put("a", TEXTS.get(random.nextInt(TEXTS.size())));
    row.put("b", number(random));
    return new RowImage(row, Set.of());
  }

  private static @Nullable String number(Random random) {
    int number = random.nextInt(5);
    return number == 4 ? null : Integer.toString(number);
  }

  /** A relation, and how a search through all rows finds it. */
  private record Shape(
      @Nullable String query,
      @Nullable Through through,
      BiPredicate<Map<String, @Nullable String>, Map<String, @Nullable String>> related) {}
}
