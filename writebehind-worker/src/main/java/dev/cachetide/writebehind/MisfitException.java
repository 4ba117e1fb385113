package dev.cachetide.writebehind;

/** A write command that its table cannot take. The message says why and holds no value. */
final class MisfitException extends Exception {

  private static final long serialVersionUID = 1L;

  MisfitException(String reason) {
    super(reason);
  }
}
