package dev.cachetide.system.oracle;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Small choices. */
final class Dice {

  private Dice() {}

  static <T> T one(Random random, List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  /** A few different ones, at least one. */
  static <T> List<T> some(Random random, List<T> of, int most) {
    List<T> all = new ArrayList<>(of);
    Collections.shuffle(all, random);
    return all.subList(0, Math.min(all.size(), 1 + random.nextInt(most)));
  }

  /** One that depends on nothing but the seed and a name. */
  static Random of(long seed, Object... name) {
    return new Random(seed * 0x9E3779B97F4A7C15L + Arrays.hashCode(name));
  }
}
