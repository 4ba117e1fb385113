package dev.cachetide.invalidation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.TableInfo;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What values of a table's columns look like in events that carry no schema, if the connector was
 * told to write text. Where it was not, a number has lost its scale, a time its form, and bytes are
 * base64: such a value names a key that nobody has, and an eviction by it would silently miss. It
 * is better not told at all, for then all leaves that the template could name.
 *
 * <p>Only for the topics of somebody else's Debezium: ingest sets these properties itself.
 * Immutable.
 */
final class ColumnForms {

  /** Takes every value as it comes. */
  static final ColumnForms ANY = new ColumnForms(Map.of());

  private static final Pattern DIGITS =
      Pattern.compile(
          "-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?|-?[A-Za-z_]*(NAN|NaN|INFINITY|Infinity)");
  private static final Pattern HEX = Pattern.compile("([0-9a-f]{2})*");

  private final Map<String, Form> forms;

  private ColumnForms(Map<String, Form> forms) {
    this.forms = forms;
  }

  /** Those of a table's columns whose type has more than one form; its arrays too. */
  static ColumnForms of(TableInfo table) {
    Map<String, Form> forms = new HashMap<>();
    for (ColumnInfo column : table.columns()) {
      Form form = column.typeSchema().equals("pg_catalog") ? form(column.typeName()) : null;
      if (form != null) {
        forms.put(column.name(), form);
      }
    }
    return new ColumnForms(forms);
  }

  private static @Nullable Form form(String type) {
    return switch (type.startsWith("_") ? type.substring(1) : type) {
      case "numeric", "money" -> Form.DECIMAL;
      case "date", "time", "timetz", "timestamp", "timestamptz" -> Form.TIME;
      case "interval" -> Form.INTERVAL;
      case "bytea" -> Form.BINARY;
      default -> null;
    };
  }

  /** The connector's setting by which a value is not the text that keys are made of; or null. */
  @Nullable String wrong(String column, JsonNode value) {
    Form form = forms.get(column);
    return form == null || form.fits(value) ? null : form.setting;
  }

  /** How a kind of value is written as text, and by which setting. */
  private enum Form {
    DECIMAL("decimal.handling.mode=string") {
      @Override
      boolean fitsText(String text) {
        return DIGITS.matcher(text).matches();
      }
    },
    TIME("time.precision.mode=isostring"),
    INTERVAL("interval.handling.mode=string") {
      @Override
      boolean fitsText(String text) {
        return text.toUpperCase(Locale.ROOT).startsWith("P");
      }
    },
    BINARY("binary.handling.mode=hex") {
      @Override
      boolean fitsText(String text) {
        return HEX.matcher(text).matches();
      }
    };

    private final String setting;

    Form(String setting) {
      this.setting = setting;
    }

    boolean fits(JsonNode value) {
      if (value.isNull()) {
        return true;
      }
      if (!value.isArray()) {
        return value.isTextual() && fitsText(value.textValue());
      }
      for (JsonNode element : value) {
        if (!fits(element)) {
          return false;
        }
      }
      return true;
    }

    boolean fitsText(String text) {
      return true;
    }
  }
}
