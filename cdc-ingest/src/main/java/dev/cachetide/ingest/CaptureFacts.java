package dev.cachetide.ingest;

import dev.cachetide.wire.TableName;
import java.util.List;

/**
 * What Postgres said of the things that capturing rests on.
 *
 * @param mayReplicate whether the role has REPLICATION, or what stands for it
 * @param mayCreate whether the role may create things in the database
 * @param slots that exist
 * @param mostSlots that may exist
 * @param slotExists whether one of them is the pipeline's
 * @param publicationExists whether the pipeline's does
 * @param allTables whether it is for all tables
 * @param complete whether it tells every kind of change, through the root of a partitioned table
 * @param ownsPublication whether the role may change it
 * @param tables those of the rules that exist and can be captured
 */
record CaptureFacts(
    String role,
    String walLevel,
    boolean mayReplicate,
    boolean mayCreate,
    int slots,
    int mostSlots,
    boolean slotExists,
    boolean publicationExists,
    boolean allTables,
    boolean complete,
    boolean ownsPublication,
    List<Table> tables) {

  CaptureFacts {
    tables = List.copyOf(tables);
  }

  boolean publicationTellsAll() {
    return allTables && complete;
  }

  /**
   * A table that rules are about.
   *
   * @param owned whether the role may publish it
   * @param whole whether the pipeline's publication lists it with all rows and columns
   * @param anywhere whether some publication tells of it, or of a partition of it
   */
  record Table(TableName name, boolean owned, boolean whole, boolean anywhere) {}
}
