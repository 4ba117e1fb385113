package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.wire.TableName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ValueScreenTest {

  private static final PgType MOOD =
      new PgType("public", "mood", PgType.Kind.ENUM, null, Set.of("calm", "wild"));

  @Test
  void numbers_are_compared_with_what_their_type_holds() {
    assertThat(misfits(Tables.INT4, "2147483648", "-2147483649", "many", "", "12x")).isTrue();
    assertThat(fits(Tables.INT4, "2147483647", "-2147483648", "7", "+7")).isTrue();
    assertThat(fits(Tables.INT8, "9223372036854775807")).isTrue();
    assertThat(misfits(Tables.INT8, "9223372036854775808")).isTrue();
    assertThat(fits(Tables.NUMERIC, "123456", "0.5", "NaN", "-1")).isTrue();
    assertThat(misfits(Tables.NUMERIC, "1.", ".5x", "much")).isTrue();
  }

  @Test
  void digits_and_lengths_are_compared_with_the_columns_limits() {
    TargetColumn.Limits numeric6And2 = new TargetColumn.Limits(false, false, (6 << 16 | 2) + 4);
    assertThat(misfit(Tables.NUMERIC, numeric6And2, "9999.99")).isFalse();
    assertThat(misfit(Tables.NUMERIC, numeric6And2, "10000")).isTrue();
    TargetColumn.Limits varchar3 = new TargetColumn.Limits(false, false, 3 + 4);
    assertThat(misfit(Tables.TEXT, varchar3, "abc")).isFalse();
    assertThat(misfit(Tables.TEXT, varchar3, "abcd")).isTrue();
    assertThat(misfit(Tables.TEXT, new TargetColumn.Limits(true, false, -1), null)).isTrue();
  }

  @Test
  void labels_uuids_and_moments_are_known_by_their_form() {
    assertThat(misfits(MOOD, "sour", "")).isTrue();
    assertThat(fits(MOOD, "calm", "wild")).isTrue();
    assertThat(misfits(Tables.UUID, "7", "not-a-uuid")).isTrue();
    assertThat(fits(Tables.UUID, "00000000-0000-0000-0000-00000000000a")).isTrue();
    assertThat(misfits(Tables.TIMESTAMPTZ, "noonish", "2026-02-29", "2026-01-01T25:00:00Z"))
        .isTrue();
    assertThat(
            fits(Tables.TIMESTAMPTZ, "2024-02-29", "2026-01-01T10:00:00.5Z", "2026-01-01 10:00+02"))
        .isTrue();
  }

  private static boolean misfits(PgType type, String... texts) {
    return List.of(texts).stream().allMatch(text -> misfit(type, TargetColumn.Limits.NONE, text));
  }

  private static boolean fits(PgType type, String... texts) {
    return List.of(texts).stream().noneMatch(text -> misfit(type, TargetColumn.Limits.NONE, text));
  }

  private static boolean misfit(PgType type, TargetColumn.Limits limits, @Nullable String text) {
    TargetColumn id = new TargetColumn("id", Tables.INT8, false, true);
    Map<String, TargetColumn> columns = new HashMap<>();
    columns.put("id", id);
    columns.put("c", new TargetColumn("c", type, false, true, limits));
    TargetTable table =
        new TargetTable(
            new TableName("public", "t"),
            List.of(id),
            columns,
            true,
            new TargetTable.References(0, false, Set.of()),
            List.of(),
            ConflictPolicy.LOG_ORDER);
    return new ValueScreen().misfit(Ops.upsert(table, "1", "c", text), column -> false).isPresent();
  }
}
