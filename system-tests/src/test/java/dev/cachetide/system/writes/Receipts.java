package dev.cachetide.system.writes;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the rows of {@code cachetide.receipt} say of each partition's log. */
record Receipts(Rows rows, String group) {

  /** Where they leave an offset out or name one twice; empty when each offset is in one row. */
  List<String> gaps(Map<Integer, Long> ends) throws SQLException {
    List<String> gaps = new ArrayList<>();
    Map<Integer, Long> next = new HashMap<>();
    for (Map<String, String> row :
        rows.ask(
            "SELECT partition, first_offset, next_offset FROM cachetide.receipt WHERE \"group\" = '"
                + group
                + "' ORDER BY partition, first_offset, next_offset")) {
      int partition = Integer.parseInt(row.get("partition"));
      long first = Long.parseLong(row.get("first_offset"));
      long before = next.getOrDefault(partition, 0L);
      if (first != before) {
        gaps.add(partition + ": " + first + " follows " + before);
      }
      next.put(partition, Long.parseLong(row.get("next_offset")));
    }
    ends.forEach(
        (partition, end) -> {
          if (next.getOrDefault(partition, 0L) != end.longValue()) {
            gaps.add(partition + ": ends at " + next.get(partition) + " and not at " + end);
          }
        });
    return gaps;
  }

  /** The SQLState of each command that was rejected, by partition and offset. */
  SortedMap<String, String> rejected() throws SQLException {
    SortedMap<String, String> rejected = new TreeMap<>();
    for (Map<String, String> row :
        rows.ask(
            "SELECT partition, e->>'offset' AS place, e->>'sqlstate' AS state"
                + " FROM cachetide.receipt, jsonb_array_elements(rejected) AS e"
                + " WHERE rejected IS NOT NULL AND \"group\" = '"
                + group
                + "'")) {
      rejected.put(row.get("partition") + "/" + row.get("place"), row.get("state"));
    }
    return rejected;
  }
}
