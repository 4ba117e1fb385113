package dev.cachetide.invalidation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.runtime.settings.WriteTableSettings.Conflicts;
import dev.cachetide.wire.Headers;
import dev.cachetide.wire.TableName;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class WrittenTablesTest {

  private static final TableName USERS = new TableName("public", "users");

  private final WrittenTables logged =
      new WrittenTables("shop.writes", Map.of(USERS, Conflicts.LOG_ORDER));

  @ParameterizedTest
  @EnumSource(Conflicts.class)
  void an_echo_spares_later_writes_of_its_partition_by_any_policy(Conflicts conflicts) {
    WrittenTables written = new WrittenTables("shop.writes", Map.of(USERS, conflicts));

    assertThat(written.spared(USERS, event("shop.writes/2/17"))).isEqualTo(Spared.after(2, 17));
  }

  @Test
  void somebody_elses_change_spares_what_the_log_will_write_on_top_of_it() {
    assertThat(logged.spared(USERS, event(null))).isEqualTo(Spared.PENDING);
  }

  @ParameterizedTest
  @EnumSource(value = Conflicts.class, mode = EnumSource.Mode.EXCLUDE, names = "LOG_ORDER")
  void somebody_elses_change_spares_nothing_where_a_write_may_lose_against_it(Conflicts conflicts) {
    WrittenTables written = new WrittenTables("shop.writes", Map.of(USERS, conflicts));

    assertThat(written.spared(USERS, event(null))).isEqualTo(Spared.NONE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "shop.writes",
        "shop.writes/",
        "shop.writes/2",
        "shop.writes/2/",
        "shop.writes//7",
        "shop.writes/a/7",
        "shop.writes/2/7/1",
        "other.writes/2/17"
      })
  void an_echo_that_says_nothing_about_this_topic_spares_nothing(String echo) {
    assertThat(logged.spared(USERS, event(echo))).isEqualTo(Spared.NONE);
  }

  @Test
  void a_table_that_nobody_writes_to_through_kafka_spares_nothing() {
    assertThat(logged.spared(new TableName("public", "orders"), event(null)))
        .isEqualTo(Spared.NONE);
    assertThat(logged.spared(null, event("shop.writes/2/17"))).isEqualTo(Spared.NONE);
  }

  private static ConsumerRecord<byte[], byte[]> event(@Nullable String echo) {
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>("shop.public.users", 0, 0, null, new byte[0]);
    if (echo != null) {
      record.headers().add(Headers.ECHO, echo.getBytes(UTF_8));
    }
    return record;
  }
}
