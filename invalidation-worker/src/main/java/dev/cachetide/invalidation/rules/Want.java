package dev.cachetide.invalidation.rules;

import org.jspecify.annotations.Nullable;

/**
 * One thing that an event makes leave, and why.
 *
 * @param target the key, tag, version or glob; null for everything that the template could name
 */
public record Want(Rule rule, Rule.Eviction eviction, @Nullable String target, Reason reason) {

  /** Whether everything that the template could name leaves, because it is not known which. */
  public boolean widened() {
    return target == null;
  }

  /** Why something leaves. */
  public enum Reason {
    /** The row as it was names it. */
    OLD_ROW("the row as it was"),
    /** The row as it is names it. */
    NEW_ROW("the row as it is"),
    /** The old and the new row name it together. */
    CHANGE("the change"),
    /** The table was emptied. */
    TRUNCATED("the table was emptied"),
    /** The event does not tell a column's old value. */
    OLD_UNTOLD("the event does not tell the row as it was"),
    /** The event does not repeat a long value. */
    UNTOLD("the event does not repeat a long value"),
    /** The event has no such column: rule or table have changed. */
    LACKING("the event has no such column"),
    /** A format does not fit the value. */
    UNFIT("a format does not fit the value"),
    /** A row that the changed row is related to names it. */
    RELATED("a row that the changed row is related to"),
    /** It stands for more related rows than are looked up. */
    ABOVE_CAP("more related rows than the cap"),
    /** The related rows are not known. */
    LOOKUP_FAILED("the related rows could not be looked up"),
    /** The row names more keys than it may. */
    TOO_MANY("the row names more than the limit");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    /** Whether an operator should look at the event: it and the rules do not fit. */
    public boolean isMismatch() {
      return this == LACKING || this == UNFIT;
    }

    /** For people. */
    @Override
    public String toString() {
      return text;
    }
  }
}
