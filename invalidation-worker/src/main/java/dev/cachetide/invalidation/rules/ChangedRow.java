package dev.cachetide.invalidation.rules;

import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.key.Reference.Image;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The row of a change event as it was and as it is, column by column: what the event tells, and
 * what follows from what it does not tell.
 *
 * @param identity what the WAL tells of old rows; null when it is not known, and then whatever an
 *     event leaves out is taken for unchanged
 */
public record ChangedRow(ChangeEvent event, @Nullable ReplicaColumns identity) {

  /** Whether there is such an image of the row at all. {@code image} is OLD or NEW. */
  boolean exists(Image image) {
    return switch (event.operation()) {
      case CREATE, READ -> image == Image.NEW;
      case DELETE -> image == Image.OLD;
      case UPDATE -> true;
      case TRUNCATE -> false;
    };
  }

  /** A column's value in an image that exists. */
  Told value(Image image, String column) {
    if (image == Image.NEW) {
      // Of a column outside the identity the old row holds a filler.
      boolean tells = identity == null || identity.columns().contains(column);
      return told(Objects.requireNonNull(event.after()), tells ? event.before() : null, column);
    }
    if (identity != null && !identity.columns().contains(column)) {
      // What stands in the image for it is a filler, not the value.
      return Told.UNTOLD;
    }
    if (event.before() != null) {
      return told(event.before(), event.after(), column);
    }
    // An update that leaves the old row out has not changed what the identity holds, unless that
    // is told with every update: then somebody has made the identity smaller meanwhile.
    return identity != null && identity.always()
        ? Told.UNTOLD
        : told(Objects.requireNonNull(event.after()), null, column);
  }

  /** A value that Postgres did not repeat is the same in the other image. */
  private static Told told(RowImage image, @Nullable RowImage other, String column) {
    if (image.knows(column)) {
      return Told.of(image.values().get(column));
    }
    if (!image.unavailable().contains(column)) {
      return Told.LACKING;
    }
    return other != null && other.knows(column) ? Told.of(other.values().get(column)) : Told.UNTOLD;
  }

  /** Whether a column's value differs between the images; null when that is not told. */
  @Nullable Boolean changed(String column) {
    if (event.operation() != Operation.UPDATE) {
      return true;
    }
    Told before = value(Image.OLD, column);
    Told after = value(Image.NEW, column);
    if (!before.known() || !after.known()) {
      return null;
    }
    return !Objects.equals(before.text(), after.text());
  }

  /**
   * What is known of a value.
   *
   * @param text null for NULL, and when it is not known
   */
  record Told(boolean known, boolean lacking, @Nullable String text) {

    /** Not told, for a good reason. */
    static final Told UNTOLD = new Told(false, false, null);

    /** The image has no such column, which it should have. */
    static final Told LACKING = new Told(false, true, null);

    static Told of(@Nullable String text) {
      return new Told(true, false, text);
    }
  }
}
