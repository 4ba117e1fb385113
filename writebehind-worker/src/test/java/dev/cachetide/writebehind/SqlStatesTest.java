package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlStatesTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "22001", "22003", "22P02", "23502", "23503", "23505", "23514", "42703", "42804", "42P01",
        "44000", "54000", "P0001", "21000", "40002"
      })
  void the_write_is_at_fault(String sqlState) {
    assertThat(SqlStates.isData(sqlState)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "08006", "08001", "40001", "40P01", "53100", "53300", "57P01", "57P02", "57P03", "57014",
        "25006", "25P02", "25P03", "55P03", "58030", "28P01", "3D000", "42501", "XX000", "0A000",
        "26000", "99999", ""
      })
  void the_environment_is_at_fault(String sqlState) {
    assertThat(SqlStates.isData(sqlState)).isFalse();
  }

  @Test
  void no_state_is_the_environment() {
    assertThat(SqlStates.isData(null)).isFalse();
  }
}
