package dev.cachetide.system.types;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A value of every type names exactly the key that docs/keys.md says, or widens. */
final class ColumnTypesIT {

  private static final List<TypeCase> CASES = TypeCase.all();
  private static final List<TypeCase> WITHOUT_TEXT = TypeCase.withoutText();

  @TempDir private static Path directory;
  private static TypesWorld world;

  @BeforeAll
  static void start() throws Exception {
    world = new TypesWorld();
    world.execute(TypeCase.definitions());
    StringBuilder rules = new StringBuilder("ingest: { partitions: 1 }\nrules:\n");
    for (TypeCase each : Stream.concat(CASES.stream(), WITHOUT_TEXT.stream()).toList()) {
      world.execute(each.createTable());
      rules.append(each.rule());
    }
    world.startPipeline("types", directory, rules.toString());
    world.settle("types");
  }

  @AfterAll
  static void stop() throws SQLException {
    world.close();
  }

  @Test
  void every_value_evicts_its_own_key_when_it_comes_and_when_it_goes() throws Exception {
    List<String> keys = TypeCase.keys(CASES);
    List<String> nulls = CASES.stream().map(each -> each.name() + ":%00").toList();
    List<String> bystanders = CASES.stream().map(each -> each.name() + ":bystander").toList();
    double widened = world.count("widened");
    world.cache(keys);
    world.cache(nulls);
    world.cache(bystanders);

    world.execute(TypeCase.inserts(CASES));

    assertThat(world.lingering(keys)).isEmpty();
    assertThat(world.cachedOf(nulls)).hasSameSizeAs(nulls);

    world.cache(keys);
    world.execute(CASES.stream().map(each -> "UPDATE " + each.table() + " SET v = NULL").toList());

    assertThat(world.lingering(keys)).isEmpty();
    assertThat(world.lingering(nulls)).isEmpty();
    assertThat(world.cachedOf(bystanders)).hasSameSizeAs(bystanders);
    assertThat(world.count("widened")).isEqualTo(widened);
  }

  @Test
  void a_value_that_events_do_not_tell_evicts_all_that_it_could_name_and_is_recorded()
      throws Exception {
    List<String> keys = WITHOUT_TEXT.stream().map(each -> each.name() + ":any").toList();
    double poison = world.count("poison");
    world.cache(keys);

    world.execute(TypeCase.inserts(WITHOUT_TEXT));

    assertThat(world.lingering(keys)).isEmpty();
    Awaitility.await("dead letters")
        .atMost(TypesWorld.SOON)
        .until(() -> world.count("poison") == poison + WITHOUT_TEXT.size());
  }
}
