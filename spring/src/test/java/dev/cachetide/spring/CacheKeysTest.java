package dev.cachetide.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.key.KeyTemplate;
import dev.cachetide.key.KeyTemplate.Compilation.Compiled;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.cache.interceptor.SimpleKey;

/** Keys of annotations are the keys that the pipeline's rules name. */
final class CacheKeysTest {

  private static CacheKeys keys(String template) {
    return new CacheKeys("c", ((Compiled) KeyTemplate.compile(template)).template());
  }

  @Test
  void one_value_is_the_one_column() {
    CacheKeys keys = keys("user:{id}");
    assertThat(keys.render(7L)).isEqualTo("user:7");
    assertThat(keys.render("a:b%")).isEqualTo("user:a:b%25");
    assertThat(keys.render(new BigDecimal("1.50"))).isEqualTo("user:1.50");
    assertThat(keys.render(TimeUnit.DAYS)).isEqualTo("user:DAYS");
    assertThat(keys.render(new UUID(0, 1))).endsWith("0001");
  }

  @Test
  void a_list_is_the_columns_in_their_order() {
    CacheKeys keys = keys("price:{shop}:{sku}:eur");
    assertThat(keys.render(List.of(3, "x"))).isEqualTo("price:3:x:eur");
    assertThat(keys.render(new Object[] {3, "x"})).isEqualTo("price:3:x:eur");
    assertThat(keys.render(Arrays.asList("a:b", null))).isEqualTo("price:a%3Ab:%00:eur");
  }

  @Test
  void a_method_without_parameters_is_the_template_without_columns() {
    assertThat(keys("users:count").render(SimpleKey.EMPTY)).isEqualTo("users:count");
  }

  @Test
  void a_key_that_does_not_fit_the_template_is_refused_with_what_to_write() {
    assertThatThrownBy(() -> keys("price:{shop}:{sku}").render(new SimpleKey(3, "x")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("price:{shop}:{sku}")
        .hasMessageContaining("@Cacheable(key = \"{#a, #b}\")");
    assertThatThrownBy(() -> keys("price:{shop}:{sku}").render(3))
        .hasMessageContaining("the key has 1 parts and the template 2");
    assertThatThrownBy(() -> keys("user:{id}").render(SimpleKey.EMPTY))
        .hasMessageContaining("the key has 0 parts");
  }

  @Test
  void what_has_more_than_one_text_is_refused_and_not_quoted() {
    assertThatThrownBy(() -> keys("day:{day}").render(LocalDate.of(2026, 11, 28)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("java.time.LocalDate")
        .hasMessageNotContaining("2026");
    assertThatThrownBy(() -> keys("x:{x}").render(1.5)).hasMessageContaining("java.lang.Double");
  }
}
