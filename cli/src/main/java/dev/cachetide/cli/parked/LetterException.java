package dev.cachetide.cli.parked;

/** What was asked for cannot be done to this one; the message says why, without a row's value. */
public final class LetterException extends Exception {

  private static final long serialVersionUID = 1L;

  LetterException(String reason) {
    super(reason);
  }
}
