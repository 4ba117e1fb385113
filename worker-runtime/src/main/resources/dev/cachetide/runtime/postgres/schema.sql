-- The tables Cachetide keeps in the user's database. Runs as one transaction under an advisory
-- lock; safe to run again. Raise the number in the last line with every change.

CREATE SCHEMA IF NOT EXISTS cachetide;

-- Where each partition of a write topic stands: moved by the transaction that applies the writes.
CREATE TABLE IF NOT EXISTS cachetide.consumer_offset (
  "group"     text    NOT NULL,
  topic       text    NOT NULL,
  partition   integer NOT NULL,
  topic_id    text    NOT NULL,
  epoch       bigint  NOT NULL,
  next_offset bigint  NOT NULL,
  owner       text    NOT NULL,
  PRIMARY KEY ("group", topic, partition)
);

-- Write commands that will never be applied: recorded by the transaction that skips them.
CREATE TABLE IF NOT EXISTS cachetide.dead_letter (
  id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "group"       text        NOT NULL,
  topic         text        NOT NULL,
  partition     integer     NOT NULL,
  record_offset bigint      NOT NULL,
  write_id      text,
  table_name    text,
  command       bytea,
  reason        text        NOT NULL,
  sqlstate      text,
  parked_at     timestamptz NOT NULL DEFAULT now(),
  UNIQUE ("group", topic, partition, record_offset)
);

-- Write commands that lost against a change which their writer had not seen: recorded by the
-- transaction that skips them.
CREATE TABLE IF NOT EXISTS cachetide.conflict (
  id            bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "group"       text        NOT NULL,
  topic         text        NOT NULL,
  partition     integer     NOT NULL,
  record_offset bigint      NOT NULL,
  write_id      text,
  table_name    text        NOT NULL,
  command       bytea       NOT NULL,
  found         text,
  parked_at     timestamptz NOT NULL DEFAULT now(),
  UNIQUE ("group", topic, partition, record_offset)
);

-- What an operator has done about either: parked, replayed or discarded.
ALTER TABLE cachetide.dead_letter
  ADD COLUMN IF NOT EXISTS state text NOT NULL DEFAULT 'parked'
    CHECK (state IN ('parked', 'replayed', 'discarded')),
  ADD COLUMN IF NOT EXISTS resolved_at timestamptz;
ALTER TABLE cachetide.conflict
  ADD COLUMN IF NOT EXISTS state text NOT NULL DEFAULT 'parked'
    CHECK (state IN ('parked', 'replayed', 'discarded')),
  ADD COLUMN IF NOT EXISTS resolved_at timestamptz;

-- The span that the writer published it in, as W3C Trace Context has it.
ALTER TABLE cachetide.dead_letter ADD COLUMN IF NOT EXISTS traceparent text;
ALTER TABLE cachetide.conflict ADD COLUMN IF NOT EXISTS traceparent text;

-- What became of write commands: a row for each transaction that applied some, written by it. The
-- rows of one partition follow each other without a gap.
CREATE TABLE IF NOT EXISTS cachetide.receipt (
  "group"      text        NOT NULL,
  topic        text        NOT NULL,
  partition    integer     NOT NULL,
  first_offset bigint      NOT NULL,
  next_offset  bigint      NOT NULL,
  topic_id     text        NOT NULL,
  xid          bigint      NOT NULL,
  superseded   bytea,
  rejected     jsonb,
  withdrawn    text[],
  committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY ("group", topic, partition, topic_id, next_offset)
);
CREATE INDEX IF NOT EXISTS receipt_committed_at ON cachetide.receipt (committed_at);

-- The names that writers gave their commands: a second command of one name has no effect.
CREATE TABLE IF NOT EXISTS cachetide.write_id (
  "group"       text        NOT NULL,
  id            text        NOT NULL,
  topic         text        NOT NULL,
  partition     integer     NOT NULL,
  record_offset bigint      NOT NULL,
  applied_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY ("group", id)
);
CREATE INDEX IF NOT EXISTS write_id_applied_at ON cachetide.write_id (applied_at);

-- A higher number makes everything cached under the scope old at once; '*' is the whole pipeline.
CREATE TABLE IF NOT EXISTS cachetide.generation (
  pipeline   text        NOT NULL,
  scope      text        NOT NULL,
  generation bigint      NOT NULL,
  reason     text        NOT NULL,
  bumped_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (pipeline, scope)
);

-- Written again and again, so that the slot of a quiet database still moves.
CREATE TABLE IF NOT EXISTS cachetide.heartbeat (
  pipeline text        PRIMARY KEY,
  beat     bigint      NOT NULL,
  at       timestamptz NOT NULL
);

-- How far each slot was acknowledged, and on which history: what a slot is checked against.
CREATE TABLE IF NOT EXISTS cachetide.slot_progress (
  slot              text        PRIMARY KEY,
  system_identifier bigint      NOT NULL,
  timeline          integer     NOT NULL,
  acknowledged      pg_lsn      NOT NULL,
  updated_at        timestamptz NOT NULL DEFAULT now()
);

-- Which run of each Redis primary is known to have missed no invalidation.
CREATE TABLE IF NOT EXISTS cachetide.redis_identity (
  pipeline     text        NOT NULL,
  node         text        NOT NULL,
  run_id       text        NOT NULL,
  certified_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (pipeline, node)
);

-- By which rules each partition of a change topic was read last: other rules make old what they
-- name before they read on.
CREATE TABLE IF NOT EXISTS cachetide.applied_rules (
  pipeline    text        NOT NULL,
  topic       text        NOT NULL,
  partition   integer     NOT NULL,
  fingerprint text        NOT NULL,
  noted_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (pipeline, topic, partition)
);

-- The tables that each slot's changes are read of: one that joins has a past that was not read.
CREATE TABLE IF NOT EXISTS cachetide.captured_table (
  slot         text NOT NULL,
  table_schema text NOT NULL,
  table_name   text NOT NULL,
  PRIMARY KEY (slot, table_schema, table_name)
);

-- What an operator has done about records of the dead-letter topic, which cannot be marked there.
CREATE TABLE IF NOT EXISTS cachetide.event_dead_letter (
  topic         text        NOT NULL,
  topic_id      text        NOT NULL,
  partition     integer     NOT NULL,
  record_offset bigint      NOT NULL,
  state         text        NOT NULL CHECK (state IN ('replayed', 'discarded')),
  resolved_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, topic_id, partition, record_offset)
);

-- What operations have paused; every program looks about once a second. The name is a role, a
-- table as schema.table, or a rule. Where stale is set, caches are believed meanwhile.
CREATE TABLE IF NOT EXISTS cachetide.pause (
  pipeline  text        NOT NULL,
  what      text        NOT NULL CHECK (what IN ('role', 'table', 'rule')),
  name      text        NOT NULL,
  stale     boolean     NOT NULL DEFAULT false,
  reason    text,
  paused_by text        NOT NULL,
  paused_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (pipeline, what, name)
);

-- Tries statements one by one in one round trip; each has a row of the second array, whose elements
-- are its values. What Postgres refuses for its data has no effect and is told; any other error ends
-- the call.
CREATE OR REPLACE FUNCTION cachetide.try_each(statements text[], arguments text[])
RETURNS TABLE (written bigint, state text, message text, name text)
LANGUAGE plpgsql AS $try_each$
DECLARE
  place  integer := 0;
  chosen text[];
BEGIN
  FOREACH chosen SLICE 1 IN ARRAY arguments LOOP
    place := place + 1;
    written := 0;
    state := NULL;
    message := NULL;
    name := NULL;
    BEGIN
      EXECUTE statements[place] USING chosen;
      GET DIAGNOSTICS written = ROW_COUNT;
    EXCEPTION
      WHEN data_exception OR integrity_constraint_violation OR plpgsql_error THEN
        GET STACKED DIAGNOSTICS
          state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, name = CONSTRAINT_NAME;
    END;
    RETURN NEXT;
  END LOOP;
END
$try_each$;

COMMENT ON SCHEMA cachetide IS 'Cachetide schema 5';
