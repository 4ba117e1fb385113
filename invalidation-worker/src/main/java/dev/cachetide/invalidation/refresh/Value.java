package dev.cachetide.invalidation.refresh;

import java.util.List;

/**
 * A row, rendered.
 *
 * @param hash whether it is a Redis hash
 * @param parts the one string, or field, value, field, value … of a hash
 */
record Value(boolean hash, List<byte[]> parts) {

  /** Copies the list. */
  Value {
    parts = List.copyOf(parts);
  }

  static Value string(byte[] bytes) {
    return new Value(false, List.of(bytes));
  }

  /** The bytes of a string. */
  byte[] bytes() {
    return parts.get(0);
  }
}
