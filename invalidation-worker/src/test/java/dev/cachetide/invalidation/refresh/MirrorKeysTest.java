package dev.cachetide.invalidation.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.cluster.SlotHash;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MirrorKeysTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "user:7",
        "user:{7}",
        "user:{7}:{8}",
        "a}b",
        "a{b",
        "a{}b",
        "{}",
        "}{",
        "{a",
        "é",
        ""
      })
  void the_companions_of_a_key_are_in_its_slot(String key) {
    assertThat(SlotHash.getSlot(MirrorKeys.position(key))).isEqualTo(SlotHash.getSlot(key));
    assertThat(SlotHash.getSlot(MirrorKeys.lease(key))).isEqualTo(SlotHash.getSlot(key));
    assertThat(MirrorKeys.slot(key)).isEqualTo(SlotHash.getSlot(key));
  }

  @Test
  void random_keys_have_companions_of_their_own_in_their_slots() {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    Set<String> keys = new HashSet<>();
    Set<String> positions = new HashSet<>();
    for (int i = 0; i < 20_000; i++) {
      StringBuilder key = new StringBuilder();
      for (int length = random.nextInt(8); length >= 0; length--) {
        key.append("{}ab:é".charAt(random.nextInt(6)));
      }
      keys.add(key.toString());
      positions.add(MirrorKeys.position(key.toString()));
      assertThat(SlotHash.getSlot(MirrorKeys.position(key.toString())))
          .as("-Dseed=%d %s", seed, key)
          .isEqualTo(SlotHash.getSlot(key.toString()));
    }
    assertThat(positions).hasSameSizeAs(keys);
  }
}
