package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.settings.WriteTableSettings;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class WriteCatalogQueryIT {

  @RegisterExtension static final RunningPostgres postgres = new RunningPostgres();

  @Test
  void whatever_changes_the_catalogue_changes_its_fingerprint_and_nothing_else_does()
      throws Exception {
    List<WriteTableSettings> listed =
        List.of(Worlds.listed("t", "id"), Worlds.listed("late", "id"));
    WriteCatalogQuery query = new WriteCatalogQuery(listed);
    try (Database db = postgres.database()) {
      db.run(
          "CREATE TYPE mood AS ENUM ('calm')",
          "CREATE DOMAIN small AS int",
          "CREATE COLLATION blurred (provider = icu, locale = 'und', deterministic = false)",
          "CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
          "CREATE TABLE p (id int, other int, PRIMARY KEY (id), UNIQUE (other))",
          "CREATE TABLE t (id int PRIMARY KEY, a text, n int, m mood, ms mood[], s small)",
          "CREATE TABLE child (t int)");
      CatalogRows rows = query.load(db.connection());
      String fingerprint = query.fingerprint(db.connection());
      for (String change :
          List.of(
              "ALTER TABLE t ADD COLUMN b int",
              "ALTER TABLE t ALTER COLUMN b SET NOT NULL",
              "ALTER TABLE t ALTER COLUMN b SET DEFAULT 7",
              "ALTER TABLE t ALTER COLUMN b TYPE bigint",
              "ALTER TABLE t ALTER COLUMN a TYPE varchar(9)",
              "ALTER TABLE t ALTER COLUMN a TYPE varchar(9) COLLATE blurred",
              "ALTER TYPE mood ADD VALUE 'wild'",
              "ALTER TYPE mood RENAME TO humour",
              "CREATE UNIQUE INDEX t_n ON t (n)",
              "CREATE UNIQUE INDEX t_a ON t (lower(a)) WHERE n > 0",
              "ALTER TABLE t ADD CONSTRAINT positive CHECK (n > 0)",
              "ALTER TABLE t ADD FOREIGN KEY (n) REFERENCES p",
              "ALTER TABLE t ADD FOREIGN KEY (n) REFERENCES p (other)",
              "ALTER TABLE child ADD CONSTRAINT up FOREIGN KEY (t) REFERENCES t",
              "ALTER TABLE child DROP CONSTRAINT up,"
                  + " ADD FOREIGN KEY (t) REFERENCES t ON DELETE CASCADE",
              "CREATE TRIGGER pass BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION pass()",
              "CREATE RULE nothing AS ON DELETE TO t DO ALSO SELECT 1",
              "ALTER TABLE t DROP COLUMN b",
              "CREATE TABLE late (id int PRIMARY KEY)")) {
        db.run(change);
        CatalogRows changed = query.load(db.connection());
        assertThat(changed).as(change).isNotEqualTo(rows);
        assertThat(query.fingerprint(db.connection())).as(change).isNotEqualTo(fingerprint);
        rows = changed;
        fingerprint = query.fingerprint(db.connection());
      }
      db.run("CREATE TABLE elsewhere (id int)", "INSERT INTO late VALUES (1)", "ANALYZE late");
      assertThat(query.fingerprint(db.connection())).isEqualTo(fingerprint);
    }
  }
}
