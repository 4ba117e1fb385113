package dev.cachetide.system.oracle;

import java.util.List;
import java.util.Map;

/**
 * What became of one row, or of a table that was emptied.
 *
 * @param table its number in the case
 * @param operation create, update, delete or truncate
 * @param old null when there was none
 * @param now null when there is none
 */
record Change(int table, String operation, Row old, Row now) {

  static final String TRUNCATE = "truncate";

  /**
   * A row as SELECT found it.
   *
   * @param place where it is stored; another one after every UPDATE
   * @param relation that stores it
   * @param texts by column and making: what stands in the keys, one for each key
   */
  record Row(String place, int relation, Map<String, List<String>> texts) {

    /** What a template's placeholder comes to. */
    List<String> texts(String column, String making) {
      return texts.get(column + "\n" + making);
    }

    /** A plain column's one text; null for NULL. */
    String text(String column) {
      return texts(column, "").get(0);
    }
  }
}
