package dev.cachetide.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** What makes a data folder's server speak TLS, and insist on it with all but the superuser. */
record PostgresTls(Certificates.Issued shown) {
  private static final List<String> ACCESS =
      List.of(
          "host all " + PostgresCluster.SUPERUSER + " 127.0.0.1/32 trust",
          "hostssl all all 127.0.0.1/32 scram-sha-256");

  /** Under the names that Postgres looks for; copies keep that only their owner may read them. */
  void writeTo(Path data) throws IOException {
    copy(shown.certificate(), data.resolve("server.crt"));
    copy(shown.key(), data.resolve("server.key"));
    Files.write(data.resolve("pg_hba.conf"), ACCESS);
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
  }
}
