package dev.cachetide.writebehind;

import java.util.AbstractList;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The texts of one row's key, in the table's order. Unmodifiable, and equal to any list of the same
 * texts; but rows are looked up by it many times, so its hash is computed once.
 */
final class KeyTexts extends AbstractList<String> {

  private final String[] texts;
  private final int hash;

  /** Takes the array over, which nobody may change any more. */
  KeyTexts(String... texts) {
    this.texts = texts;
    this.hash = Arrays.hashCode(texts);
  }

  @Override
  public String get(int index) {
    return texts[index];
  }

  @Override
  public int size() {
    return texts.length;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof KeyTexts key
        ? hash == key.hash && Arrays.equals(texts, key.texts)
        : super.equals(other);
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
