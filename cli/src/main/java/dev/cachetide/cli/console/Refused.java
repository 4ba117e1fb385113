package dev.cachetide.cli.console;

/** An answer that is no. What it says is shown: no row's value, no secret. */
final class Refused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final int status;
  private final String fix;

  Refused(int status, String message, String fix) {
    super(message, null, false, false);
    this.status = status;
    this.fix = fix;
  }

  int status() {
    return status;
  }

  String fix() {
    return fix;
  }

  /** What the exception says, which is never null here. */
  String told() {
    return String.valueOf(getMessage());
  }
}
