package dev.cachetide.writebehind;

/** A write command that its table cannot take. The message says why and holds no value. */
final class MisfitException extends Exception {

  private static final long serialVersionUID = 1L;

  MisfitException(String reason) {
    super(reason, null, false, false); // what becomes of a command, not a failure of ours
  }

  /** The same of a column. */
  MisfitException in(String column) {
    return new MisfitException("column '" + column + "' " + getMessage());
  }
}
