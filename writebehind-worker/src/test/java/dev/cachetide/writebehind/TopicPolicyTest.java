package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TopicPolicyTest {

  private static final Duration WEEK = Duration.ofDays(7);

  @Test
  void a_compacted_topic_is_refused_and_the_remedy_named() {
    assertThat(new TopicPolicy("compact", -1, -1).refusal("shop.writes"))
        .hasValueSatisfying(
            refusal ->
                assertThat(refusal)
                    .contains("cleanup.policy=compact", "shop.writes", "cleanup.policy=delete"));
    assertThat(new TopicPolicy("compact,delete", -1, -1).refusal("t")).isPresent();
    assertThat(new TopicPolicy("delete", -1, -1).refusal("t")).isEmpty();
  }

  @Test
  void what_is_kept_for_ever_or_for_as_long_as_the_settings_say_is_no_matter() {
    assertThat(new TopicPolicy("delete", -1, -1).warnings(WEEK)).isEmpty();
    assertThat(new TopicPolicy("delete", WEEK.toMillis(), -1).warnings(WEEK)).isEmpty();
  }

  @Test
  void what_is_kept_for_less_than_a_day_is_warned_of_whatever_the_settings_say() {
    Duration hour = Duration.ofHours(1);
    assertThat(new TopicPolicy("delete", hour.toMillis(), -1).warnings(hour))
        .singleElement()
        .asString()
        .contains("retention.ms", "a day");
  }

  @Test
  void what_is_kept_for_less_than_the_settings_say_is_warned_of() {
    assertThat(new TopicPolicy("delete", Duration.ofDays(3).toMillis(), -1).warnings(WEEK))
        .singleElement()
        .asString()
        .contains("writebehind.retention");
  }

  @Test
  void a_bound_in_bytes_is_warned_of() {
    assertThat(new TopicPolicy("delete", -1, 1 << 30).warnings(WEEK))
        .singleElement()
        .asString()
        .contains("retention.bytes");
  }
}
