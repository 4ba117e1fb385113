package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.cachetide.cli.Manifests.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every file of docker/kubernetes is a manifest, and kustomize is told of each. */
final class KubernetesManifestsTest {

  @Test
  void every_file_is_read_by_the_types_of_kubernetes() throws IOException {
    List<Manifest> manifests = Manifests.below(Manifests.FOLDER);

    assertThat(manifests.stream().map(Manifest::type))
        .contains("apps/v1/Deployment", "keda.sh/v1alpha1/ScaledObject")
        .contains("networking.k8s.io/v1/NetworkPolicy", "policy/v1/PodDisruptionBudget")
        .contains("v1/Namespace", "monitoring.coreos.com/v1/PodMonitor");
    assertThat(manifests.stream().map(each -> each.type() + " " + each.name()))
        .doesNotHaveDuplicates();
  }

  /** Without these a reader that lets everything pass would do as well. */
  @ParameterizedTest
  @CsvSource({
    "base/ingest.yaml,         livenessProbe:,                livenesProbe:",
    "base/ingest.yaml,         value: 0.0.0.0,                value: 8080",
    "base/ingest.yaml,         readOnlyRootFilesystem: true,  readonlyRootFilesystem: true",
    "base/ingest.yaml,         replicas: 2,                   'replicas: \"2\"'",
    "base/ingest.yaml,         replicas: 2,                   'replicas: 2\n  replicas: 3'",
    "base/ingest.yaml,         apps/v1,                       apps/v1beta1",
    "base/budgets.yaml,        maxUnavailable: 1,             maxUnavailabe: 1",
    "base/network.yaml,        namespaceSelector:,            namespaceselector:",
    "components/keda/invalidate.yaml,          stabilizationWindowSeconds:,  stabilisationWindowSeconds:",
    "components/pod-monitor/pod-monitor.yaml,  podMetricsEndpoints:,         podMetricEndpoints:",
  })
  void what_kubernetes_would_refuse_is_refused(String file, String right, String wrong)
      throws IOException {
    String text = Files.readString(Manifests.FOLDER.resolve(file));
    assertThat(text).contains(right);
    assertThat(Manifests.read(text)).isNotEmpty();

    assertThatThrownBy(() -> Manifests.read(text.replace(right, wrong)))
        .isInstanceOfAny(JsonProcessingException.class, IllegalArgumentException.class);
  }

  @Test
  void every_file_is_named_by_the_kustomization_beside_it() throws IOException {
    List<Path> kustomizations;
    try (Stream<Path> all = Files.walk(Manifests.FOLDER)) {
      kustomizations = all.filter(file -> file.endsWith("kustomization.yaml")).toList();
    }
    assertThat(kustomizations).hasSize(5);

    for (Path kustomization : kustomizations) {
      assertThat(named(kustomization))
          .as(kustomization.toString())
          .isEqualTo(beside(kustomization));
    }
  }

  /** The files that it names; what it names of other folders has to be a kustomization, too. */
  private static Set<String> named(Path kustomization) {
    JsonNode tree = Manifests.tree(kustomization);
    Set<String> files = new TreeSet<>();
    for (String list : List.of("resources", "components")) {
      for (JsonNode entry : tree.path(list)) {
        Path named = kustomization.resolveSibling(entry.textValue());
        if (Files.isDirectory(named)) {
          assertThat(named.resolve("kustomization.yaml")).exists();
        } else {
          files.add(entry.textValue());
        }
      }
    }
    tree.path("configMapGenerator")
        .forEach(map -> map.path("files").forEach(file -> files.add(file.textValue())));
    return files;
  }

  private static Set<String> beside(Path kustomization) throws IOException {
    Set<String> files = new TreeSet<>();
    try (Stream<Path> all = Files.list(kustomization.getParent())) {
      all.filter(Files::isRegularFile).forEach(file -> files.add(file.getFileName().toString()));
    }
    files.remove("kustomization.yaml");
    return files;
  }
}
