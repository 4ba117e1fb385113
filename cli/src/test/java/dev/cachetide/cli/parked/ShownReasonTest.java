package dev.cachetide.cli.parked;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ShownReasonTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "22P02 | invalid input syntax for type integer: \"s3cret\" | invalid input syntax for type integer",
        "22P02 | invalid input value for enum mood: \"s3cret\" | invalid input value for enum mood",
        "22003 | value \"s3cret\" is out of range for type integer | a value is out of range for type integer",
        "22001 | value too long for type character varying(5) | value too long for type character varying(5)",
        "23514 | constraint stock_check: new row for relation \"p\" violates check constraint \"stock_check\" | constraint stock_check: new row for relation \"p\" violates check constraint \"stock_check\"",
        "23514 | constraint stock_check: s3cret is not for sale | constraint stock_check: a check is violated",
        "23505 | s3cret is taken | a unique value is taken",
        "P0001 | no s3cret please | raised by a trigger or a function (--values shows the message)",
        "22P02 | ung\u00fcltige Eingabesyntax: \u00bbs3cret\u00ab | a value does not fit its column's type"
      })
  void what_postgres_says_names_things_and_never_a_value(
      String sqlState, String reason, String shown) {
    assertThat(ShownReason.of(reason, sqlState)).isEqualTo(shown).doesNotContain("s3cret");
  }

  @Test
  void a_message_of_several_lines_is_no_way_round() {
    assertThat(ShownReason.of("division by zero\ns3cret", "22012")).doesNotContain("s3cret");
  }

  @Test
  void what_the_worker_says_itself_is_shown() {
    assertThat(ShownReason.of("column 'stok' does not exist", null))
        .isEqualTo("column 'stok' does not exist");
    assertThat(ShownReason.of("row exists already", "23505")).isEqualTo("row exists already");
  }
}
