package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.Outcome;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisLoadingException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RedisFailuresTest {

  static Stream<Exception> passing() {
    return Stream.of(
        new RedisConnectionException("refused"),
        new RedisCommandTimeoutException("late"),
        new TimeoutException(),
        new RedisLoadingException("LOADING Redis is loading the dataset in memory"),
        new RedisCommandExecutionException("READONLY You can't write against a read only replica."),
        new RedisCommandExecutionException("MASTERDOWN Link with MASTER is down"),
        new RedisCommandExecutionException("OOM command not allowed"));
  }

  @ParameterizedTest
  @MethodSource("passing")
  void what_may_pass_is_tried_again(Exception cause) {
    assertThat(RedisFailures.outcome(cause)).isInstanceOf(Outcome.Transient.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"NOAUTH Authentication required.", "WRONGPASS invalid", "NOPERM no"})
  void what_only_an_operator_can_change_is_fatal_wherever_it_is_in_the_chain(String reply) {
    Throwable refusal = new RedisCommandExecutionException(reply);

    assertThat(RedisFailures.outcome(refusal)).isInstanceOf(Outcome.Fatal.class);
    assertThat(RedisFailures.outcome(new RedisConnectionException("no", refusal)))
        .isInstanceOf(Outcome.Fatal.class);
  }

  @Test
  void a_fatal_outcome_says_which_code_and_what_to_do() {
    Outcome outcome = RedisFailures.outcome(new RedisCommandExecutionException("NOPERM user x"));

    assertThat(((Outcome.Fatal) outcome).what())
        .contains("(NOPERM)", "redis.url")
        .doesNotContain("user x");
  }

  @Test
  void only_exceptions_of_the_client_are_redis_failures() {
    assertThat(RedisFailures.isRedis(new RedisConnectionException("x"))).isTrue();
    assertThat(RedisFailures.isRedis(new IllegalStateException("x"))).isFalse();
  }
}
