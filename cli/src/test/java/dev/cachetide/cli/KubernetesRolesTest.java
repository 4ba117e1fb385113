package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.cli.Manifests.Manifest;
import dev.cachetide.runtime.settings.PipelineSettings;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.RollingUpdateDeployment;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The Deployments of docker/kubernetes agree with the command line, the settings, the roles of
 * Postgres and the image: as files, and as kubectl renders them where there is one.
 */
final class KubernetesRolesTest {

  private static final Path CONFIGURATION =
      Manifests.FOLDER.resolve("overlays/example/cachetide.yaml");
  private static final String FILES = "the files of base";

  /** The longest that ingest takes to end, whatever the settings say. */
  private static final Duration INGEST_ENDS = Duration.ofSeconds(60);

  private static final Map<String, List<Manifest>> read = new HashMap<>();

  @TempDir private Path secrets = Path.of(".");

  @ParameterizedTest
  @ValueSource(strings = {FILES, "base", "overlays/example", "overlays/example-scaled"})
  void each_role_is_run_once(String source) throws Exception {
    List<DeployedRole> roles = roles(source);

    assertThat(roles.stream().map(DeployedRole::role)).hasSameElementsAs(EnumSet.allOf(Role.class));
    assertThat(roles).hasSameSizeAs(Role.values());
    for (DeployedRole role : roles) {
      var parsed =
          CachetideMain.commandLine().parseArgs(role.container().getArgs().toArray(String[]::new));
      Path config = parsed.subcommand().matchedOptionValue("--config", Path.of("/"));
      assertThat(parsed.subcommand().commandSpec().name()).isEqualTo("run");
      assertThat(config)
          .isEqualTo(Path.of(role.mount("configuration").getMountPath(), "cachetide.yaml"));
      assertThat(role.mount("configuration").getSubPath()).as("would never change").isNull();
      assertThat(role.volume("configuration").getConfigMap().getName()).isEqualTo("cachetide");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {FILES, "base", "overlays/example", "overlays/example-scaled"})
  void each_reads_its_configuration_with_its_own_user_and_secrets(String source) throws Exception {
    String sql = Files.readString(Path.of("..", "docs", "postgres-roles.sql"));
    for (DeployedRole role : roles(source)) {
      Path folder = Files.createDirectory(secrets.resolve(role.word()));
      PipelineSettings settings = role.settings(CONFIGURATION, folder);

      String user = Objects.requireNonNull(settings.postgres()).user();
      assertThat(sql).contains("\\set " + role.word().replace("-", "") + " " + user + "\n");
      assertThat(settings.postgres().password()).isEqualTo("s3cret");
      assertThat(settings.redis() != null).isEqualTo(role.role() == Role.INVALIDATE);
      assertThat(role.environment().values()).noneMatch(value -> value.contains("s3cret"));
    }
  }

  @Test
  void the_configuration_is_valid() {
    Invocation validate = Invocation.with(CONFIGURATION, "validate", "--offline");

    assertThat(validate.exitCode()).as(validate.out() + validate.err()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {FILES, "base", "overlays/example", "overlays/example-scaled"})
  void each_has_the_time_and_the_memory_that_it_needs(String source) throws Exception {
    for (DeployedRole role : roles(source)) {
      Path folder = Files.createDirectory(secrets.resolve(role.word()));
      PipelineSettings settings = role.settings(CONFIGURATION, folder);
      assertThat(Duration.ofSeconds(role.pod().getTerminationGracePeriodSeconds()))
          .isGreaterThan(INGEST_ENDS)
          .isGreaterThan(settings.invalidation().drainTimeout())
          .isGreaterThan(settings.writebehind().drainTimeout());

      Map<String, Quantity> limits = role.container().getResources().getLimits();
      assertThat(limits).containsKeys("cpu", "memory");
      assertThat(limits.get("memory"))
          .as("what is not reserved is taken away when a node is short of it")
          .isEqualTo(role.container().getResources().getRequests().get("memory"));
      BigDecimal heap = limits.get("memory").getNumericalAmount().multiply(new BigDecimal("0.70"));
      assertThat(heap).isGreaterThanOrEqualTo(BigDecimal.valueOf(512L << 20));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {FILES, "base", "overlays/example", "overlays/example-scaled"})
  void none_may_do_more_than_it_has_to(String source) throws Exception {
    for (DeployedRole role : roles(source)) {
      var pod = role.pod().getSecurityContext();
      var container = role.container().getSecurityContext();
      assertThat(pod.getRunAsNonRoot()).isTrue();
      assertThat(pod.getRunAsUser()).isEqualTo(pod.getRunAsGroup()).isEqualTo(pod.getFsGroup());
      assertThat(pod.getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
      assertThat(container.getReadOnlyRootFilesystem()).isTrue();
      assertThat(container.getAllowPrivilegeEscalation()).isFalse();
      assertThat(container.getPrivileged()).isNull();
      assertThat(container.getCapabilities().getDrop()).containsExactly("ALL");
      assertThat(container.getCapabilities().getAdd()).isEmpty();
      assertThat(role.pod().getAutomountServiceAccountToken()).isFalse();
      assertThat(role.mount("tmp").getMountPath()).isEqualTo("/tmp");
      assertThat(role.volume("tmp").getEmptyDir().getSizeLimit()).isNotNull();
      assertThat(role.volume("secrets").getSecret().getDefaultMode()).isEqualTo(0440);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {FILES, "base", "overlays/example", "overlays/example-scaled"})
  void one_of_each_may_go_and_another_goes_on(String source) throws Exception {
    List<PodDisruptionBudget> budgets = Manifests.of(PodDisruptionBudget.class, objects(source));
    for (DeployedRole role : roles(source)) {
      RollingUpdateDeployment update = role.deployment().getSpec().getStrategy().getRollingUpdate();
      assertThat(update.getMaxUnavailable().getIntVal()).isZero();
      assertThat(update.getMaxSurge().getIntVal()).isPositive();
      Integer replicas = role.deployment().getSpec().getReplicas();
      assertThat(replicas == null || replicas >= 2).as("replicas %s", replicas).isTrue();

      Map<String, String> selector = role.deployment().getSpec().getSelector().getMatchLabels();
      assertThat(role.labels()).containsAllEntriesOf(selector);
      assertThat(budgets)
          .filteredOn(
              budget ->
                  role.labels()
                      .entrySet()
                      .containsAll(budget.getSpec().getSelector().getMatchLabels().entrySet()))
          .singleElement()
          .matches(budget -> budget.getSpec().getMaxUnavailable().getIntVal() == 1);
      assertThat(role.pod().getTopologySpreadConstraints())
          .isNotEmpty()
          .allMatch(
              spread ->
                  role.labels()
                      .entrySet()
                      .containsAll(spread.getLabelSelector().getMatchLabels().entrySet()));
    }
  }

  @Test
  void the_image_is_that_of_the_dockerfile() throws Exception {
    String dockerfile = Files.readString(Path.of("..", "docker", "Dockerfile"));
    String compose = Files.readString(Path.of("..", "docker", "compose.yaml"));
    for (DeployedRole role : roles(FILES)) {
      var user = role.pod().getSecurityContext();
      assertThat(dockerfile)
          .contains("\nUSER " + user.getRunAsUser() + ":" + user.getRunAsGroup() + "\n")
          .contains("\nEXPOSE " + role.container().getPorts().get(0).getContainerPort() + "\n")
          .contains("\nENTRYPOINT [\"/opt/cachetide/bin/cachetide\"]\n")
          .contains("-XX:MaxRAMPercentage=70");
      assertThat(role.container().getCommand()).as("the image's entry point").isEmpty();
      assertThat(compose)
          .contains("image: " + role.container().getImage() + "\n")
          .contains(
              role.container().getArgs().stream()
                  .collect(Collectors.joining("\", \"", "command: [ \"", "\" ]\n")));
    }
  }

  private static List<DeployedRole> roles(String source) throws Exception {
    List<DeployedRole> roles =
        Manifests.of(Deployment.class, objects(source)).stream().map(DeployedRole::new).toList();
    assertThat(roles).isNotEmpty();
    return roles;
  }

  private static List<Manifest> objects(String source) throws IOException, InterruptedException {
    if (source.equals(FILES)) {
      return Manifests.below(Manifests.FOLDER.resolve("base"));
    }
    List<Manifest> known = read.get(source);
    if (known == null) {
      known = Kustomize.render(Manifests.FOLDER.resolve(source));
      read.put(source, known);
    }
    return known;
  }
}
