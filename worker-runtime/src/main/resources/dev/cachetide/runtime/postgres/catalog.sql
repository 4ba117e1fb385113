-- Every asked-for relation that exists, one row each; $1 schemas, $2 names, same length.
-- Column lists are JSON, in the order that counts.
SELECT n.nspname, c.relname, c.relkind, c.relpersistence, c.relreplident,
  (SELECT coalesce(json_agg(json_build_object(
            'name', a.attname,
            'typeSchema', tn.nspname,
            'typeName', t.typname,
            'typeCategory', t.typcategory,
            'notNull', a.attnotnull,
            'generated', a.attgenerated <> '',
            'identity', a.attidentity <> '',
            'identityAlways', a.attidentity = 'a',
            'hasDefault', a.atthasdef AND a.attgenerated = '') ORDER BY a.attnum), '[]')
     FROM pg_catalog.pg_attribute a
     JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
     JOIN pg_catalog.pg_namespace tn ON tn.oid = t.typnamespace
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  (SELECT coalesce(json_agg(json_build_object(
            'primary', i.indisprimary,
            'replicaIdentity', i.indisreplident,
            'columns', (SELECT json_agg(a.attname ORDER BY k.place)
                          FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
                          JOIN pg_catalog.pg_attribute a
                            ON a.attrelid = c.oid AND a.attnum = k.attnum
                         WHERE k.place <= i.indnkeyatts)) ORDER BY i.indexrelid), '[]')
     FROM pg_catalog.pg_index i
    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
      AND i.indpred IS NULL AND i.indexprs IS NULL) AS unique_indexes
FROM (SELECT DISTINCT s, r FROM unnest($1::text[], $2::text[]) AS asked(s, r)) AS asked
JOIN pg_catalog.pg_namespace n ON n.nspname = asked.s
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = asked.r
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
