package dev.cachetide.benchmarks.writes;

/** What is compared, in the order of the table. */
enum Contender {
  COPY("COPY, from memory", Source.MEMORY, 1),
  UNNEST("unnest batches, from memory", Source.MEMORY, 1),
  MULTI_ROW("multi-row rewrite, from memory", Source.MEMORY, 1),
  ROW_BY_ROW("row by row, from memory", Source.MEMORY, 25),
  HAND_WRITTEN("hand-written Kafka, Jackson, unnest", Source.KAFKA, 1),
  CACHETIDE("Cachetide write-behind", Source.KAFKA, 1),
  JDBC_SINK("Debezium JDBC sink, multi-row rewrite", Source.KAFKA, 1),
  JDBC_SINK_UNNEST("Debezium JDBC sink, its unnest option", Source.KAFKA, 1);

  private final String title;
  private final Source source;
  private final int share;

  Contender(String title, Source source, int share) {
    this.title = title;
    this.source = source;
    this.share = share;
  }

  String title() {
    return title;
  }

  Source source() {
    return source;
  }

  /**
   * How many of the commands it is given: the slow one gets a part, as its rate does not change.
   */
  int commands(Workload workload) {
    return Math.max(1, workload.commands() / share);
  }

  /** COPY can only insert. */
  boolean takes(Workload workload) {
    return this != COPY || workload.name().equals("distinct");
  }

  /** Where the commands come from. */
  enum Source {
    MEMORY,
    KAFKA
  }
}
