package dev.cachetide.writebehind;

/** No retry in this process can help. The message says what the operator can do. */
final class GiveUpException extends Exception {

  private static final long serialVersionUID = 1L;

  GiveUpException(String what) {
    super(what);
  }
}
