package dev.cachetide;

/** More writes wait to be applied than the publisher may add to; none was published. */
public final class BacklogException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Says how many.
   *
   * @param waiting accepted and not known to be applied
   * @param budget how many there may be
   */
  public BacklogException(long waiting, long budget) {
    super(
        waiting
            + " writes wait to be applied, and "
            + budget
            + " may: is the write-behind worker running, and fast enough?");
  }
}
