package dev.cachetide.invalidation.refresh;

import dev.cachetide.key.KeyTemplate;
import dev.cachetide.runtime.settings.RefreshSettings;
import dev.cachetide.runtime.settings.RefreshSettings.Mode;
import dev.cachetide.wire.TableName;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One compiled entry of a rule's {@code refresh}.
 *
 * @param table whose rows it is about
 * @param query of a derived value; null for the row itself
 */
public record Refresh(
    TableName table, RefreshSettings settings, KeyTemplate key, @Nullable DerivedQuery query) {

  /** A refresh of settings that passed every check. */
  public static Refresh of(TableName table, RefreshSettings settings, KeyTemplate key) {
    String query = settings.query();
    return new Refresh(table, settings, key, query == null ? null : DerivedQuery.parse(query));
  }

  /** The same about the rows of another table. */
  public Refresh at(TableName other) {
    return new Refresh(other, settings, key, query);
  }

  /** In the file, {@code rules[0].refresh[1]}. */
  public String path() {
    return settings.path();
  }

  /** Who else writes the key. */
  public Mode mode() {
    return settings.mode();
  }

  /** Whether values come from Postgres and not from events. */
  public boolean loads() {
    return query != null || settings.create();
  }

  /** The key of a row. */
  public String render(Map<String, @Nullable String> row) {
    return key.render(row);
  }

  /** A glob of every key that it could write. */
  public String pattern() {
    return key.pattern();
  }

  /** A glob of the leases under which its keys are warmed; empty when there are none. */
  public List<String> leases() {
    return mode() == Mode.MIRROR ? List.of(MirrorKeys.leases(pattern())) : List.of();
  }

  /** A glob of the positions that it keeps; empty when there are none. */
  public List<String> positions() {
    return mode() == Mode.MIRROR ? List.of(MirrorKeys.positions(pattern())) : List.of();
  }
}
