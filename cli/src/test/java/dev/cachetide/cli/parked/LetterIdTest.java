package dev.cachetide.cli.parked;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LetterIdTest {

  @ParameterizedTest
  @ValueSource(strings = {"w17", "c4", "e0-42", "e12-999999999999"})
  void an_id_is_read_as_it_is_written(String text) {
    assertThat(LetterId.parse(text)).map(LetterId::toString).contains(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "17", "w", "w-1", "W17", "e42", "e0-", "w99999999999999999999", "x1"})
  void what_is_none_is_not_guessed_at(String text) {
    assertThat(LetterId.parse(text)).isEmpty();
  }
}
