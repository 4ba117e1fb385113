package dev.cachetide.system;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The directions of docs/architecture.md. */
@AnalyzeClasses(packages = "dev.cachetide", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {

  @ArchTest
  static final ArchRule modules_point_one_way =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("sync-core")
          .definedBy(
              "dev.cachetide",
              "dev.cachetide.wire..",
              "dev.cachetide.key..",
              "dev.cachetide.internal..")
          .layer("worker-runtime")
          .definedBy("dev.cachetide.runtime..")
          .layer("cdc-ingest")
          .definedBy("dev.cachetide.ingest..")
          .layer("invalidation-worker")
          .definedBy("dev.cachetide.invalidation..")
          .layer("writebehind-worker")
          .definedBy("dev.cachetide.writebehind..")
          .layer("sandbox")
          .definedBy("dev.cachetide.sandbox..")
          .layer("cli")
          .definedBy("dev.cachetide.cli..")
          .layer("spring")
          .definedBy("dev.cachetide.spring..")
          .whereLayer("worker-runtime")
          .mayOnlyBeAccessedByLayers(
              "cdc-ingest", "invalidation-worker", "writebehind-worker", "cli")
          .whereLayer("cdc-ingest")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("invalidation-worker")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("writebehind-worker")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("sandbox")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("spring")
          .mayNotBeAccessedByAnyLayer();

  @ArchTest
  static final ArchRule sandbox_knows_nothing_of_the_product =
      noClasses()
          .that()
          .resideInAPackage("dev.cachetide.sandbox..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.cachetide.runtime..",
              "dev.cachetide.ingest..",
              "dev.cachetide.invalidation..",
              "dev.cachetide.writebehind..",
              "dev.cachetide.cli..");

  @ArchTest
  static final ArchRule spring_stays_in_the_starter =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.cachetide.spring..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.springframework..");

  @ArchTest
  static final ArchRule debezium_stays_in_ingest =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.cachetide.ingest..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.debezium..");

  @ArchTest
  static final ArchRule lettuce_stays_at_the_redis_edges =
      noClasses()
          .that()
          .haveNameNotMatching(
              ".*\\.(invalidation\\.Redis\\w+|SandboxRedis|DemoCache)(\\$.*)?|dev\\.cachetide\\.internal\\.redis\\..*|dev\\.cachetide\\.benchmarks\\..*")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.lettuce..");

  /** An application may leave it out, and nothing of a record may get into a span but there. */
  @ArchTest
  static final ArchRule opentelemetry_stays_where_headers_and_spans_are_made =
      noClasses()
          .that()
          .haveNameNotMatching(
              "dev\\.cachetide\\.(internal\\.OpenTelemetryHeaders|runtime\\.Trace(dHandler|Reader))")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.opentelemetry..");

  /** Reloadable only names what is thrown while Postgres is away. */
  @ArchTest
  static final ArchRule the_loop_the_settings_and_the_rules_send_no_sql =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.cachetide.runtime",
              "dev.cachetide.runtime.settings",
              "dev.cachetide.invalidation.rules")
          .and()
          .haveNameNotMatching(".*\\.(CatalogFactsQuery|Reloadable)(\\$.*)?")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.sql..", "org.postgresql..");

  @ArchTest
  static final ArchRule applications_are_not_given_a_database_driver_or_an_http_server =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.cachetide",
              "dev.cachetide.wire..",
              "dev.cachetide.key..",
              "dev.cachetide.internal..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.sql..", "org.postgresql..", "io.javalin..", "io.debezium..");

  @ArchTest
  static final ArchRule packages_form_no_cycle =
      slices().matching("dev.cachetide.(**)").should().beFreeOfCycles();
}
