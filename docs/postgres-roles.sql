-- The least that each program, and who operates them, needs in Postgres; for psql and a superuser:
--
--   psql -v ON_ERROR_STOP=1 -v publication=cachetide_shop -v owner=shop \
--        -v published='public.users, public.orders' -v written='public.users' \
--        -f docs/postgres-roles.sql
--
-- Safe to run again. Sets no passwords: \password cachetide_ingest, and so on. Give each program its
-- role by CACHETIDE_POSTGRES_USER and CACHETIDE_POSTGRES_PASSWORD.
--
--   publication  cachetide_<pipeline>
--   owner        owns the published tables and prepares schema and publication
--   published    the tables of the rules, a list; those that a glob matches, too
--   written      the tables under writes:, a list; leave it out where there are none
--   looked_up    the tables that the rules read: the related ones of fan_out, those of a query, those
--                with refresh or to be warmed; leave it out where there are none
--   ingest, invalidate, writebehind, operations   the roles' names, unless the ones below will do
--
-- PUBLIC usually has CONNECT on the database and USAGE on the schema public. Where it has not, or
-- the tables are in another schema, grant those as well.

\if :{?owner}
\else
\set owner :USER
\endif
\if :{?ingest}
\else
\set ingest cachetide_ingest
\endif
\if :{?invalidate}
\else
\set invalidate cachetide_invalidate
\endif
\if :{?writebehind}
\else
\set writebehind cachetide_writebehind
\endif
\if :{?operations}
\else
\set operations cachetide_operations
\endif
\if :{?written}
\else
\set written ''
\endif
\if :{?looked_up}
\else
\set looked_up ''
\endif

SELECT format('CREATE ROLE %I LOGIN', name)
  FROM unnest(ARRAY[:'ingest', :'invalidate', :'writebehind', :'operations']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec
ALTER ROLE :"ingest" REPLICATION;
SELECT format('GRANT CREATE ON DATABASE %I TO %I', current_database(), :'owner')
\gexec

-- What ingest would otherwise have to be the owner for.
SET ROLE :"owner";
SET client_min_messages = warning;
\ir ../worker-runtime/src/main/resources/dev/cachetide/runtime/postgres/schema.sql
SELECT format(
         'CREATE PUBLICATION %I WITH (publish_via_partition_root = true)',
         :'publication')
 WHERE NOT EXISTS (SELECT FROM pg_publication WHERE pubname = :'publication')
\gexec
ALTER PUBLICATION :"publication" SET TABLE
  cachetide.consumer_offset, cachetide.generation, cachetide.heartbeat, cachetide.receipt,
  :published;

-- Ingest: its heartbeat, how far it is, what it captures, and the generation that answers a gap.
GRANT USAGE ON SCHEMA cachetide TO :"ingest";
GRANT SELECT ON cachetide.pause TO :"ingest";
GRANT SELECT, INSERT, UPDATE ON cachetide.heartbeat TO :"ingest";
GRANT SELECT, INSERT, UPDATE ON cachetide.slot_progress TO :"ingest";
GRANT SELECT, INSERT, UPDATE ON cachetide.generation TO :"ingest";
GRANT SELECT, INSERT, DELETE ON cachetide.captured_table TO :"ingest";

-- Invalidate: the rules it went by, the Redis it knows, and the generation.
GRANT USAGE ON SCHEMA cachetide TO :"invalidate";
GRANT SELECT ON cachetide.pause TO :"invalidate";
GRANT SELECT, INSERT, UPDATE ON cachetide.applied_rules TO :"invalidate";
GRANT SELECT, INSERT, UPDATE, DELETE ON cachetide.redis_identity TO :"invalidate";
GRANT SELECT, INSERT, UPDATE ON cachetide.generation TO :"invalidate";

-- Write-behind: where it is, what became of the commands, and what it removes when it is old.
GRANT USAGE ON SCHEMA cachetide TO :"writebehind";
GRANT SELECT ON cachetide.pause TO :"writebehind";
GRANT SELECT, INSERT, UPDATE ON cachetide.consumer_offset TO :"writebehind";
GRANT SELECT, INSERT, UPDATE ON cachetide.dead_letter TO :"writebehind";
GRANT SELECT, INSERT, UPDATE ON cachetide.conflict TO :"writebehind";
GRANT SELECT, INSERT, UPDATE, DELETE ON cachetide.receipt TO :"writebehind";
GRANT SELECT, INSERT, UPDATE, DELETE ON cachetide.write_id TO :"writebehind";

-- Operations: console, status, dead-letters, conflicts, pause, resume, resync, and doctor of itself.
-- For who only looks, SELECT alone of each will do.
GRANT USAGE ON SCHEMA cachetide TO :"operations";
GRANT SELECT, INSERT, DELETE ON cachetide.pause TO :"operations";
GRANT SELECT, INSERT, UPDATE ON cachetide.generation TO :"operations";
GRANT SELECT, UPDATE ON cachetide.dead_letter TO :"operations";
GRANT SELECT, UPDATE ON cachetide.conflict TO :"operations";
GRANT SELECT, INSERT, DELETE ON cachetide.event_dead_letter TO :"operations";
GRANT SELECT ON cachetide.consumer_offset TO :"operations";
GRANT SELECT ON cachetide.redis_identity TO :"operations";
RESET ROLE;

-- The applications' tables. None of the roles needs more of them than this.
SELECT format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', :'written', :'writebehind')
 WHERE :'written' <> ''
\gexec
SELECT format('GRANT SELECT ON %s TO %I', :'looked_up', :'invalidate')
 WHERE :'looked_up' <> ''
\gexec
