package dev.cachetide.runtime.postgres;

/** What the WAL tells about the old row of an UPDATE or DELETE. */
public enum ReplicaIdentity {
  /** The primary key; nothing when there is none. */
  DEFAULT,
  /** Every column. */
  FULL,
  /** The columns of one unique index. */
  INDEX,
  /** Nothing: UPDATE and DELETE of a published table are refused. */
  NOTHING;

  static ReplicaIdentity of(char relreplident) {
    return switch (relreplident) {
      case 'd' -> DEFAULT;
      case 'f' -> FULL;
      case 'i' -> INDEX;
      case 'n' -> NOTHING;
      default -> throw new IllegalArgumentException("relreplident " + relreplident);
    };
  }
}
