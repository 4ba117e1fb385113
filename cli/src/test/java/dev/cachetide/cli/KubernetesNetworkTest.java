package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.cli.Manifests.Manifest;
import dev.cachetide.runtime.HttpServer;
import dev.cachetide.runtime.settings.HttpSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.openshift.api.model.monitoring.v1.PodMetricsEndpoint;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Probes, ports and network policies of docker/kubernetes are those of the programs. */
final class KubernetesNetworkTest {

  private static final Path CONFIGURATION =
      Manifests.FOLDER.resolve("overlays/example/cachetide.yaml");
  private static final int REDIS = 6379;

  @TempDir private Path secrets = Path.of(".");

  @Test
  void probes_ask_for_what_the_programs_serve() throws Exception {
    Set<String> paths = new TreeSet<>();
    for (DeployedRole role : roles()) {
      ContainerPort port = role.container().getPorts().get(0);
      for (Probe probe : probes(role)) {
        assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo(port.getName());
        paths.add(probe.getHttpGet().getPath());
      }
    }
    PodMonitor monitor = Manifests.of(PodMonitor.class, Manifests.below(Manifests.FOLDER)).get(0);
    PodMetricsEndpoint metrics = monitor.getSpec().getPodMetricsEndpoints().get(0);
    assertThat(metrics.getPort()).isEqualTo("http");
    paths.add(metrics.getPath());

    assertThat(paths).containsExactly("/livez", "/metrics", "/readyz");
    assertServed(paths);
  }

  /** A standby is not ready, and is well: as its readiness it would hold up every rollout. */
  @Test
  void only_workers_are_asked_whether_they_make_progress() throws Exception {
    for (DeployedRole role : roles()) {
      String ready = role.container().getReadinessProbe().getHttpGet().getPath();
      assertThat(ready).isEqualTo(role.role() == Role.INGEST ? "/livez" : "/readyz");
      assertThat(role.container().getLivenessProbe().getHttpGet().getPath()).isEqualTo("/livez");
      assertThat(role.container().getStartupProbe().getHttpGet().getPath()).isEqualTo("/livez");
    }
  }

  @Test
  void each_listens_where_it_is_asked() throws Exception {
    for (DeployedRole role : roles()) {
      PipelineSettings settings = settings(role);
      assertThat(settings.http().host()).isEqualTo("0.0.0.0");
      assertThat(role.container().getPorts())
          .singleElement()
          .returns(settings.http().port(), ContainerPort::getContainerPort);
    }
  }

  @Test
  void each_may_reach_its_servers_and_nothing_else() throws Exception {
    for (DeployedRole role : roles()) {
      PipelineSettings settings = settings(role);
      Set<Integer> needed = new TreeSet<>(Set.of(53, postgres(settings), kafka(settings)));
      if (settings.redis() != null) {
        needed.add(REDIS);
      }
      Set<Integer> out = new TreeSet<>();
      Set<Integer> in = new TreeSet<>();
      for (NetworkPolicy policy : policies(role)) {
        policy.getSpec().getEgress().stream()
            .peek(rule -> assertThat(rule.getPorts()).as("would be all").isNotEmpty())
            .flatMap(rule -> rule.getPorts().stream())
            .forEach(port -> out.add(port.getPort().getIntVal()));
        policy.getSpec().getIngress().stream()
            .peek(rule -> assertThat(rule.getFrom()).as("would be anybody").isNotEmpty())
            .flatMap(rule -> rule.getPorts().stream())
            .forEach(port -> in.add(port.getPort().getIntVal()));
      }
      assertThat(out).as(role.word()).isEqualTo(needed);
      assertThat(in).containsExactly(settings.http().port());
    }
  }

  private static List<NetworkPolicy> policies(DeployedRole role) throws IOException {
    List<NetworkPolicy> policies =
        Manifests.of(NetworkPolicy.class, base()).stream()
            .filter(policy -> selects(policy, role.labels()))
            .toList();
    assertThat(policies)
        .as("without both nothing is closed")
        .anyMatch(
            policy -> policy.getSpec().getPolicyTypes().containsAll(List.of("Ingress", "Egress")));
    return policies;
  }

  private static boolean selects(NetworkPolicy policy, Map<String, String> labels) {
    return labels
        .entrySet()
        .containsAll(policy.getSpec().getPodSelector().getMatchLabels().entrySet());
  }

  private static int postgres(PipelineSettings settings) {
    String url = Objects.requireNonNull(settings.postgres()).url();
    return URI.create(url.substring("jdbc:".length())).getPort();
  }

  private static int kafka(PipelineSettings settings) {
    String servers = Objects.requireNonNull(settings.kafka()).common().get("bootstrap.servers");
    return Integer.parseInt(servers.substring(servers.lastIndexOf(':') + 1));
  }

  private static List<Probe> probes(DeployedRole role) {
    return List.of(
        role.container().getStartupProbe(),
        role.container().getLivenessProbe(),
        role.container().getReadinessProbe());
  }

  private static void assertServed(Set<String> paths) throws IOException, InterruptedException {
    HttpServer server =
        new HttpServer(
            new HttpSettings("127.0.0.1", 0),
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            List.of());
    try {
      int port = server.start().port();
      for (String path : paths) {
        assertThat(status(port, path)).as(path).isEqualTo(200);
      }
      assertThat(status(port, "/healthz")).isEqualTo(404);
    } finally {
      server.close();
    }
  }

  private static int status(int port, String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode();
  }

  private PipelineSettings settings(DeployedRole role) throws IOException {
    return role.settings(CONFIGURATION, Files.createDirectory(secrets.resolve(role.word())));
  }

  private static List<DeployedRole> roles() throws IOException {
    List<DeployedRole> roles =
        Manifests.of(Deployment.class, base()).stream().map(DeployedRole::new).toList();
    assertThat(roles).hasSameSizeAs(Role.values());
    return roles;
  }

  private static List<Manifest> base() throws IOException {
    return Manifests.below(Manifests.FOLDER.resolve("base"));
  }
}
