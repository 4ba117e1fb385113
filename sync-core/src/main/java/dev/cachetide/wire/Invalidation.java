package dev.cachetide.wire;

/**
 * A wish that something leaves the caches, as it travels over Redis channels and over the topic
 * {@link PipelineNames#invalidationTopic()}.
 */
public sealed interface Invalidation {

  /** What leaves: a key, a tag's name, a glob or a version's name; empty for {@link All}. */
  String target();

  /**
   * One cache key.
   *
   * @param target never empty
   */
  record Key(String target) implements Invalidation {
    /** Checks the key. */
    public Key {
      requireTarget(target);
    }
  }

  /**
   * Every entry that carries a tag.
   *
   * @param target the tag's name, never empty
   */
  record Tag(String target) implements Invalidation {
    /** Checks the name. */
    public Tag {
      requireTarget(target);
    }
  }

  /**
   * Every key that a Redis glob matches.
   *
   * @param target never empty
   */
  record Pattern(String target) implements Invalidation {
    /** Checks the glob. */
    public Pattern {
      requireTarget(target);
    }
  }

  /**
   * Every entry of the caches that follow a version pointer: readers move on at once, old entries
   * expire.
   *
   * @param target the version's name, never empty
   */
  record Version(String target) implements Invalidation {
    /** Checks the name. */
    public Version {
      requireTarget(target);
    }
  }

  /** Everything that an L1 holds. Only on channels; no request asks for it. */
  record All() implements Invalidation {
    @Override
    public String target() {
      return "";
    }
  }

  private static void requireTarget(String target) {
    if (target.isEmpty()) {
      throw new IllegalArgumentException("an invalidation without a target");
    }
  }
}
