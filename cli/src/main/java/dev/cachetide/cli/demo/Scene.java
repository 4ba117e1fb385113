package dev.cachetide.cli.demo;

/** One thing that the demo shows, and checks. */
interface Scene {

  /** What happens, as the timeline prints it. */
  String title();

  /**
   * Makes it happen and checks that it did.
   *
   * @return what was seen, for the timeline
   * @throws CheckFailed when what should have happened did not
   */
  String play(Stage stage) throws Exception;

  /** Something shown did not happen as promised. */
  final class CheckFailed extends Exception {
    private static final long serialVersionUID = 1L;

    CheckFailed(String message) {
      super(message);
    }
  }
}
