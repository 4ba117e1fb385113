package dev.cachetide.invalidation.refresh;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * The keys that stand beside a mirrored key: its position and, while it is warmed, a lease. Pure.
 *
 * <p>In a cluster one script may touch them only if they are in the slot of the key. Wrapping the
 * key in braces would do that for most keys, but not for those that hold braces themselves. So the
 * hash tag is a number instead, the least one whose slot is the key's: that works for every key,
 * two keys never share a companion, and the companions of a pattern have a pattern.
 */
final class MirrorKeys {

  private static final int SLOTS = 16_384;
  private static final int POLYNOMIAL = 0x1021;
  private static final int[] NUMBERS = numbers();

  private MirrorKeys() {}

  /** Where the position of the newest change of a key is. */
  static String position(String key) {
    return "cachetide:at:{" + NUMBERS[slot(key)] + "}" + key;
  }

  /** Where the lease of a warm-up is. */
  static String lease(String key) {
    return "cachetide:warm:{" + NUMBERS[slot(key)] + "}" + key;
  }

  /** A glob of the positions of the keys that a glob matches. */
  static String positions(String pattern) {
    return "cachetide:at:{*}" + pattern;
  }

  /** The same of leases. */
  static String leases(String pattern) {
    return "cachetide:warm:{*}" + pattern;
  }

  /** The slot as Redis Cluster computes it: of what stands in the first braces, if anything. */
  static int slot(String key) {
    int open = key.indexOf('{');
    int close = open < 0 ? -1 : key.indexOf('}', open + 1);
    return crc16((close > open + 1 ? key.substring(open + 1, close) : key).getBytes(UTF_8)) % SLOTS;
  }

  /** CRC-16/XMODEM. */
  private static int crc16(byte[] bytes) {
    int crc = 0;
    for (byte each : bytes) {
      crc ^= Byte.toUnsignedInt(each) << 8;
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        crc = (crc & 0x8000) == 0 ? crc << 1 : (crc << 1) ^ POLYNOMIAL;
      }
      crc &= 0xFFFF;
    }
    return crc;
  }

  /** By slot. */
  private static int[] numbers() {
    int[] numbers = new int[SLOTS];
    Arrays.fill(numbers, -1);
    int missing = SLOTS;
    for (int number = 0; missing > 0; number++) {
      int slot = crc16(Integer.toString(number).getBytes(UTF_8)) % SLOTS;
      if (numbers[slot] < 0) {
        numbers[slot] = number;
        missing--;
      }
    }
    return numbers;
  }
}
