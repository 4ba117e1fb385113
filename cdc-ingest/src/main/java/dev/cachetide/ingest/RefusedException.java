package dev.cachetide.ingest;

/** Ingest cannot stream until an operator changes something; the message says what. */
final class RefusedException extends Exception {

  private static final long serialVersionUID = 1L;

  RefusedException(String message) {
    super(message);
  }
}
