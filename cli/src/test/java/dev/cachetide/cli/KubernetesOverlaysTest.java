package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cachetide.cli.Manifests.Manifest;
import dev.cachetide.runtime.settings.PipelineSettings;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What kubectl makes of the overlays of docker/kubernetes; skipped where there is no kubectl. */
final class KubernetesOverlaysTest {

  private static final Path OVERLAYS = Manifests.FOLDER.resolve("overlays");
  private static final Path CONFIGURATION = OVERLAYS.resolve("example/cachetide.yaml");

  @Test
  void the_configuration_arrives_under_a_name_that_stays() throws Exception {
    List<Manifest> example = Kustomize.render(OVERLAYS.resolve("example"));

    assertThat(Manifests.of(ConfigMap.class, example))
        .singleElement()
        .satisfies(map -> assertThat(map.getMetadata().getName()).isEqualTo("cachetide"))
        .satisfies(
            map ->
                assertThat(map.getData())
                    .isEqualTo(Map.of("cachetide.yaml", Files.readString(CONFIGURATION))));
  }

  @Test
  void everything_is_in_the_pipelines_namespace_and_reaches_named_servers() throws Exception {
    List<Manifest> example = Kustomize.render(OVERLAYS.resolve("example"));
    String pipeline = settings().names().pipeline();

    for (Manifest manifest : example) {
      String pointer = manifest.type().equals("v1/Namespace") ? "name" : "namespace";
      assertThat(manifest.tree().at("/metadata/" + pointer).asText()).isEqualTo(pipeline);
    }
    for (NetworkPolicy policy : Manifests.of(NetworkPolicy.class, example)) {
      assertThat(policy.getSpec().getEgress()).allMatch(rule -> !rule.getTo().isEmpty());
    }
    for (Deployment deployment : Manifests.of(Deployment.class, example)) {
      DeployedRole role = new DeployedRole(deployment);
      assertThat(role.container().getImage()).isEqualTo("registry.example/cachetide:0.1.0");
      assertThat(role.labels()).containsEntry("app.kubernetes.io/instance", pipeline);
    }
  }

  @Test
  void workers_are_scaled_by_the_lag_of_their_own_groups() throws Exception {
    List<Manifest> scaled = Kustomize.render(OVERLAYS.resolve("example-scaled"));
    PipelineSettings settings = settings();
    Map<String, Deployment> deployments =
        Manifests.of(Deployment.class, scaled).stream()
            .collect(Collectors.toMap(each -> each.getMetadata().getName(), each -> each));
    Map<String, JsonNode> objects =
        scaled.stream()
            .filter(each -> each.type().startsWith("keda.sh/"))
            .collect(Collectors.toMap(Manifest::name, each -> each.tree().path("spec")));

    assertThat(objects.keySet())
        .isEqualTo(Set.of("cachetide-invalidate", "cachetide-write-behind"));
    objects.forEach(
        (name, spec) -> {
          assertThat(spec.at("/scaleTargetRef/name").asText()).isEqualTo(name);
          assertThat(Objects.requireNonNull(deployments.get(name)).getSpec().getReplicas())
              .as("would take back what KEDA has set")
              .isNull();
          assertScaled(spec, name.endsWith("invalidate"), settings);
        });
    assertThat(scaled.toString()).doesNotContain("PIPELINE").doesNotContain("local-config");
  }

  @Test
  void each_programs_metrics_are_the_pipelines_job() throws Exception {
    List<Manifest> scaled = Kustomize.render(OVERLAYS.resolve("example-scaled"));
    PodMonitor monitor = Manifests.of(PodMonitor.class, scaled).get(0);

    for (Deployment deployment : Manifests.of(Deployment.class, scaled)) {
      DeployedRole role = new DeployedRole(deployment);
      assertThat(role.labels())
          .containsAllEntriesOf(monitor.getSpec().getSelector().getMatchLabels())
          .containsEntry(monitor.getSpec().getJobLabel(), settings().names().pipeline())
          .containsKeys(monitor.getSpec().getPodTargetLabels().toArray(String[]::new));
      assertThat(deployment.getMetadata().getNamespace())
          .isEqualTo(monitor.getMetadata().getNamespace());
    }
  }

  private static void assertScaled(JsonNode spec, boolean invalidate, PipelineSettings settings) {
    JsonNode kafka = spec.at("/triggers/0/metadata");
    var names = settings.names();
    assertThat(spec.at("/triggers/0/type").asText()).isEqualTo("kafka");
    assertThat(kafka.path("bootstrapServers").asText())
        .isEqualTo(Objects.requireNonNull(settings.kafka()).common().get("bootstrap.servers"));
    assertThat(kafka.path("consumerGroup").asText())
        .isEqualTo(invalidate ? names.invalidationGroup() : names.writeBehindGroup());
    assertThat(kafka.path("topic").asText()).isEqualTo(invalidate ? "" : names.writeTopic());
    assertThat(Integer.parseInt(kafka.path("lagThreshold").textValue())).isPositive();
    assertThat(kafka).allMatch(JsonNode::isTextual);
    assertThat(spec.path("minReplicaCount").asInt()).isEqualTo(2);
    assertThat(spec.path("maxReplicaCount").asInt())
        .isEqualTo(
            invalidate ? settings.ingest().partitions() : settings.writebehind().partitions());
    assertThat(
            spec.at(
                    "/advanced/horizontalPodAutoscalerConfig/behavior/scaleDown/stabilizationWindowSeconds")
                .asInt())
        .isEqualTo(600);
  }

  private static PipelineSettings settings() throws ConfigurationRejected {
    return Configuration.load(CONFIGURATION, Set.of());
  }
}
