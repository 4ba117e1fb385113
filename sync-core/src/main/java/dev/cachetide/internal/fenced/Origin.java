package dev.cachetide.internal.fenced;

/**
 * Where a value comes from: a load, or the image of a change event.
 *
 * @param event whether a change event's image
 * @param lsn of the event's commit; 0 for a load
 * @param sequence of the event within its transaction; 0 for a load
 * @param xmin of the loading snapshot: everything below is in the value; 0 when unknown
 * @param xmax of the loading snapshot: nothing from here on is in the value; all ones when unknown
 * @param loadMicros how long the load took
 */
public record Origin(boolean event, long lsn, int sequence, long xmin, long xmax, long loadMicros) {

  /** A load whose snapshot is unknown, so that any event makes the value leave. */
  public static Origin load(long loadMicros) {
    return new Origin(false, 0, 0, 0, -1, loadMicros);
  }

  /** A load in a snapshot as {@code pg_current_snapshot()} tells it. */
  public static Origin load(long loadMicros, long xmin, long xmax) {
    return new Origin(false, 0, 0, xmin, xmax, loadMicros);
  }

  /** The image of a change event. */
  public static Origin event(long lsn, int sequence) {
    return new Origin(true, lsn, sequence, 0, -1, 0);
  }
}
