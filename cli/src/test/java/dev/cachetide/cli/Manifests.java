package dev.cachetide.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBehavior;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Reads Kubernetes' manifests as strictly as a server does: a field that a type has not, a key that
 * stands twice, a kind that is not expected and a number where a text belongs are mistakes.
 *
 * <p>Of KEDA's objects only the parts that are Kubernetes' own types are read like this: nobody
 * publishes KEDA's types for Java.
 */
final class Manifests {

  /** Where the manifests are. */
  static final Path FOLDER = Path.of("..", "docker", "kubernetes");

  private static final Map<String, Class<?>> TYPES =
      Map.of(
          "v1/ConfigMap", ConfigMap.class,
          "v1/Namespace", Namespace.class,
          "apps/v1/Deployment", Deployment.class,
          "networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class,
          "policy/v1/PodDisruptionBudget", PodDisruptionBudget.class,
          "monitoring.coreos.com/v1/PodMonitor", PodMonitor.class);
  private static final String SCALED_OBJECT = "keda.sh/v1alpha1/ScaledObject";

  private static final ObjectMapper YAML =
      JsonMapper.builder(
              YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .build();
  private static final ObjectMapper STRICT =
      JsonMapper.builder()
          .annotationIntrospector(new NothingElse())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .withCoercionConfig(
              LogicalType.Textual,
              text ->
                  text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
          .build();

  private Manifests() {}

  /** One object, as its type and as it is written. */
  record Manifest(String type, Object typed, JsonNode tree) {

    String name() {
      return tree.at("/metadata/name").textValue();
    }
  }

  /**
   * The objects of a text, in order.
   *
   * @throws JsonProcessingException for what is no manifest
   */
  static List<Manifest> read(String yaml) throws IOException {
    ObjectReader reader = YAML.readerFor(JsonNode.class);
    List<Manifest> manifests = new ArrayList<>();
    try (var documents = reader.<JsonNode>readValues(yaml)) {
      while (documents.hasNextValue()) {
        manifests.add(manifest(documents.nextValue()));
      }
    }
    return manifests;
  }

  /** The objects of every file below a folder, kustomize's own and configurations left out. */
  static List<Manifest> below(Path folder) throws IOException {
    List<Manifest> manifests = new ArrayList<>();
    for (Path file : files(folder)) {
      manifests.addAll(read(Files.readString(file)));
    }
    return manifests;
  }

  /** The files that hold manifests. */
  static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(file -> file.toString().endsWith(".yaml"))
          .filter(file -> !file.endsWith("kustomization.yaml") && !file.endsWith("cachetide.yaml"))
          .sorted()
          .toList();
    }
  }

  /** A YAML file of any kind. */
  static JsonNode tree(Path file) {
    try {
      return YAML.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Those of one type. */
  static <T> List<T> of(Class<T> type, List<Manifest> manifests) {
    return manifests.stream()
        .map(Manifest::typed)
        .filter(type::isInstance)
        .map(type::cast)
        .toList();
  }

  private static Manifest manifest(JsonNode tree) throws JsonProcessingException {
    String type = tree.path("apiVersion").asText() + "/" + tree.path("kind").asText();
    if (type.equals(SCALED_OBJECT)) {
      STRICT.treeToValue(
          tree.at("/spec/advanced/horizontalPodAutoscalerConfig/behavior"),
          HorizontalPodAutoscalerBehavior.class);
      return new Manifest(type, STRICT.treeToValue(tree.path("metadata"), ObjectMeta.class), tree);
    }
    Class<?> known = TYPES.get(type);
    if (known == null) {
      throw new IllegalArgumentException("no type is known for " + type);
    }
    return new Manifest(type, STRICT.treeToValue(tree, known), tree);
  }

  /** The types would keep what they do not know in a map beside their fields. */
  private static final class NothingElse extends JacksonAnnotationIntrospector {

    private static final long serialVersionUID = 1L;

    @Override
    public Boolean hasAnySetter(Annotated member) {
      return false;
    }
  }
}
