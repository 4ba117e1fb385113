package dev.cachetide.runtime;

/**
 * What operations have paused, as far as one program is concerned. Safe for any thread; what is
 * told is the last that is known.
 */
public interface Pauses {

  /** Begins every reason for which a program is not ready. */
  String BY_OPERATIONS = "paused by operations";

  /**
   * Asks, unless it is known.
   *
   * @return {@link Outcome.Applied} once it is known, {@link Outcome.Transient} when nobody answers
   */
  Outcome ask();

  /** Whether the program itself is paused. */
  boolean role();

  /** Whether the records of a topic wait. */
  boolean holdsBack(String topic);

  /** Why the program is not ready; empty when nothing of it is paused. */
  String reason();

  /** For a program that nobody can pause. */
  static Pauses none() {
    return new Pauses() {
      @Override
      public Outcome ask() {
        return Outcome.applied();
      }

      @Override
      public boolean role() {
        return false;
      }

      @Override
      public boolean holdsBack(String topic) {
        return false;
      }

      @Override
      public String reason() {
        return "";
      }
    };
  }
}
