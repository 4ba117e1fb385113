package dev.cachetide.writebehind;

/** What an operator asks for cannot be done to a parked write; the message says why. */
public final class ParkedWriteException extends Exception {

  private static final long serialVersionUID = 1L;

  ParkedWriteException(String reason) {
    super(reason);
  }
}
