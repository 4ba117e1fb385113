package dev.cachetide.internal.near;

import java.nio.charset.StandardCharsets;

/**
 * Redis's own globs, as {@code SCAN … MATCH} understands them: {@code *}, {@code ?}, {@code [a-z]},
 * {@code [^a]} and {@code \} before what is meant literally.
 *
 * <p>Matched over the bytes in UTF-8, as Redis does, so that {@code ?} is one byte; a class that is
 * not closed goes on to the end; a {@code \} at the end is itself. Only the last {@code *} is ever
 * tried again: everything else takes exactly one byte, so an earlier one could not do better. Hence
 * the time is at most the product of both lengths, and the stack is not used. Immutable.
 */
final class RedisGlob {

  private final byte[] glob;

  private RedisGlob(byte[] glob) {
    this.glob = glob;
  }

  static RedisGlob of(String pattern) {
    return new RedisGlob(pattern.getBytes(StandardCharsets.UTF_8));
  }

  boolean matches(String key) {
    return matches(key.getBytes(StandardCharsets.UTF_8));
  }

  private boolean matches(byte[] key) {
    int at = 0;
    int in = 0;
    int star = -1;
    int tried = 0;
    while (in < key.length) {
      if (at < glob.length && glob[at] == '*') {
        star = at++;
        tried = in;
      } else if (at < glob.length && takes(at, key[in])) {
        at = next(at);
        in++;
      } else if (star >= 0) {
        at = star + 1;
        in = ++tried;
      } else {
        return false;
      }
    }
    while (at < glob.length && glob[at] == '*') {
      at++;
    }
    return at >= glob.length;
  }

  /** Whether the element that begins here, which is not a star, takes a byte. */
  private boolean takes(int at, byte b) {
    return switch (glob[at]) {
      case '?' -> true;
      case '[' -> classTakes(at + 1, b);
      default -> glob[literal(at)] == b;
    };
  }

  /** Where the element after this one begins. */
  private int next(int at) {
    return glob[at] == '[' ? afterClass(at + 1) : literal(at) + 1;
  }

  private int literal(int at) {
    return glob[at] == '\\' && at + 1 < glob.length ? at + 1 : at;
  }

  private boolean classTakes(int from, byte b) {
    int at = from;
    boolean not = at < glob.length && glob[at] == '^';
    if (not) {
      at++;
    }
    boolean found = false;
    while (at < glob.length && glob[at] != ']') {
      found |= memberTakes(at, b);
      at = afterMember(at);
    }
    return found != not;
  }

  private int afterClass(int from) {
    int at = from < glob.length && glob[from] == '^' ? from + 1 : from;
    while (at < glob.length && glob[at] != ']') {
      at = afterMember(at);
    }
    return Math.min(at + 1, glob.length);
  }

  private boolean memberTakes(int at, byte b) {
    if (isEscape(at)) {
      return glob[at + 1] == b;
    }
    if (isRange(at)) {
      int one = glob[at];
      int other = glob[at + 2];
      return Math.min(one, other) <= b && b <= Math.max(one, other);
    }
    return glob[at] == b;
  }

  private int afterMember(int at) {
    if (isEscape(at)) {
      return at + 2;
    }
    return isRange(at) ? at + 3 : at + 1;
  }

  private boolean isEscape(int at) {
    return glob[at] == '\\' && at + 1 < glob.length;
  }

  private boolean isRange(int at) {
    return at + 2 < glob.length && glob[at + 1] == '-';
  }
}
