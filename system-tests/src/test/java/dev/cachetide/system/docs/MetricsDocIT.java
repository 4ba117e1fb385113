package dev.cachetide.system.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cachetide.CacheMeters;
import dev.cachetide.Cachetide;
import dev.cachetide.ClientMeters;
import dev.cachetide.Codec;
import dev.cachetide.sandbox.ChildJvm;
import dev.cachetide.sandbox.Sandbox;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code docs/metrics.md} is what a pipeline shows on {@code /metrics}, no more and no less; and
 * the alert rules and the dashboard in {@code docker} ask for nothing else.
 */
@SuppressWarnings("NullAway.Init")
final class MetricsDocIT {

  private static final Path DOCUMENT = Path.of("../docs/metrics.md");
  private static final Path OPERATIONS = Path.of("../docs/operations.md");
  private static final Path ALERTS = Path.of("../docker/prometheus/alerts.yaml");
  private static final Path ALERT_TESTS = Path.of("../docker/prometheus/alerts-test.yaml");
  private static final Path PROMETHEUS = Path.of("../docker/prometheus/prometheus.yml");
  private static final Path DASHBOARD = Path.of("../docker/grafana/cachetide.json");

  private static final Pattern NAME = Pattern.compile("cachetide_[a-z_]+");
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `(cachetide_[a-z_]+)` \\| ((\\w+)[^|]*)\\|");
  private static final Pattern TYPE = Pattern.compile("(?m)^# TYPE (cachetide_[a-z_]+) (\\w+)$");
  private static final Pattern LINK = Pattern.compile("operations\\.md#([a-z0-9-]+)");

  @TempDir private static Path directory;
  private static String workers;
  private static String application;

  @BeforeAll
  static void scrape() throws Exception {
    try (Sandbox sandbox = Sandbox.start()) {
      workers = ofWorkers(sandbox);
      application = ofApplication(sandbox);
    }
  }

  private static String ofWorkers(Sandbox sandbox) throws Exception {
    try (Connection connection = sandbox.postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE users (id int PRIMARY KEY, email text)");
    }
    int port = freePort();
    Path file =
        Files.writeString(
            directory.resolve("pipeline.yaml"),
            """
            pipeline: shop
            postgres: { url: "%s", user: "%s" }
            kafka: { bootstrap.servers: "%s" }
            redis: { url: "%s" }
            http: { port: %d }
            rules:
              - name: users
                source: { schema: public, table: users }
                evict: [ { key: "user:{id}" } ]
            writes:
              - { table: public.users, key: [id] }
            """
                .formatted(
                    sandbox.postgres().jdbcUrl(),
                    sandbox.postgres().user(),
                    sandbox.kafka().bootstrapServers(),
                    sandbox.redis().uri(),
                    port));
    try (ChildJvm pipeline =
        ChildJvm.of("dev.cachetide.cli.CachetideMain")
            .jvmOptions("-Xmx384m")
            .arguments("run", "ingest", "invalidate", "write-behind", "-c", file.toString())
            .start()) {
      Awaitility.await("ready: " + pipeline.outputFile())
          .atMost(Duration.ofSeconds(90))
          .pollInterval(Duration.ofMillis(200))
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(() -> get(port, "/readyz").statusCode() == 200 && isWhole(get(port, "/metrics")));
      return get(port, "/metrics").body();
    }
  }

  /** Both groups have been measured once, and the canary has come. */
  private static boolean isWhole(HttpResponse<String> metrics) {
    String body = metrics.body();
    return body.contains("cachetide_consumer_lag_seconds{group=\"shop.invalidate\"")
        && body.contains("cachetide_consumer_lag_seconds{group=\"shop.write-behind\"")
        && body.contains("cachetide_rules_info");
  }

  private static HttpResponse<String> get(int port, String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(5))
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private static String ofApplication(Sandbox sandbox) {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    try (Cachetide client =
        Cachetide.builder().redis(sandbox.redis().uri()).pipeline("shop").build()) {
      new CacheMeters(client.<Long, String>cache("users", Codec.json(String.class)).build())
          .bindTo(registry);
      new ClientMeters(client).bindTo(registry);
      return registry.scrape();
    }
  }

  @Test
  void the_page_names_what_is_shown_and_nothing_else() throws Exception {
    Set<String> shown = new TreeSet<>(names(workers));
    shown.addAll(names(application));

    assertThat(documented()).containsExactlyInAnyOrderElementsOf(shown);
  }

  @Test
  void what_libraries_tell_is_shown_too() {
    assertThat(workers)
        .contains("\nkafka_consumer_", "\nkafka_producer_", "\njvm_memory_used_bytes{")
        .containsPattern("\nkafka_admin_client_[a-z_]+\\{client_id=\"[^\"]+-admin\"")
        .containsPattern("\nkafka_consumer_[a-z_]+\\{client_id=\"[^\"]+-lag\"")
        .contains("\nprocess_uptime_seconds", "\nsystem_cpu_count");
  }

  @Test
  void the_page_says_which_kind_each_is() throws Exception {
    Matcher row = ROW.matcher(Files.readString(DOCUMENT));
    while (row.find()) {
      String name = row.group(1);
      assertThat(kind(name)).as(name).isEqualTo(row.group(3));
      assertThat(row.group(2).contains("histogram"))
          .as(name)
          .isEqualTo((workers + application).contains("\n" + name + "_bucket{"));
    }
  }

  private static String kind(String name) {
    Matcher type = TYPE.matcher(workers + "\n" + application);
    while (type.find()) {
      if (type.group(1).equals(name)) {
        boolean plain = type.group(2).equals("gauge") || type.group(2).equals("counter");
        return plain ? type.group(2) : name.endsWith("_seconds") ? "timer" : "summary";
      }
    }
    return "missing";
  }

  @Test
  void alerts_and_dashboard_ask_for_what_is_shown() throws Exception {
    for (Path file : List.of(ALERTS, DASHBOARD)) {
      Set<String> asked = new TreeSet<>();
      Matcher name = NAME.matcher(expressions(file));
      while (name.find()) {
        asked.add(name.group());
      }
      assertThat(asked).as(file.toString()).hasSizeGreaterThan(10);
      assertThat(asked)
          .as(file.toString())
          .allMatch(each -> Pattern.compile("(?m)^" + each + "[{ ]").matcher(workers).find());
    }
  }

  private static String expressions(Path file) throws IOException {
    if (file.equals(ALERTS)) {
      return Files.readString(file)
          .lines()
          .filter(line -> !line.strip().startsWith("runbook"))
          .collect(Collectors.joining("\n"));
    }
    List<String> expressions = new ArrayList<>();
    for (JsonNode expression :
        JsonMapper.builder().build().readTree(file.toFile()).findValues("expr")) {
      expressions.add(expression.asText());
    }
    return String.join("\n", expressions);
  }

  @Test
  void every_alert_has_a_summary_and_leads_to_a_heading_that_is_there() throws Exception {
    String alerts = Files.readString(ALERTS);
    long count = alerts.lines().filter(line -> line.strip().startsWith("- alert:")).count();
    Set<String> headings =
        Files.readAllLines(OPERATIONS).stream()
            .filter(line -> line.startsWith("#"))
            .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(java.util.Locale.ROOT))
            .map(line -> line.replaceAll("[^a-z0-9 -]", "").replace(' ', '-'))
            .collect(Collectors.toSet());
    List<String> anchors = LINK.matcher(alerts).results().map(found -> found.group(1)).toList();

    assertThat(anchors).hasSize((int) count);
    assertThat(headings).containsAll(anchors);
    assertThat(alerts.lines().filter(line -> line.strip().startsWith("summary:")))
        .hasSize((int) count);
  }

  @Test
  void prometheus_takes_the_rules_and_they_fire_when_they_should() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/promtool")),
        "skipped: there is no /usr/bin/promtool (Debian's package prometheus) to check alerts with");
    assertThat(promtool("check", "rules", ALERTS)).contains("SUCCESS");
    assertThat(promtool("check", "config", PROMETHEUS)).contains("SUCCESS");
    assertThat(promtool("test", "rules", ALERT_TESTS)).contains("SUCCESS");
  }

  private static String promtool(String first, String second, Path file) throws Exception {
    Process process =
        new ProcessBuilder("/usr/bin/promtool", first, second, file.toString())
            .redirectErrorStream(true)
            .start();
    String said =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  private static Set<String> documented() throws IOException {
    return ROW.matcher(Files.readString(DOCUMENT))
        .results()
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The largest of a timer stands beside it, as a gauge of its own. */
  private static Set<String> names(String scrape) {
    Set<String> all = new TreeSet<>();
    Set<String> distributions = new TreeSet<>();
    Matcher type = TYPE.matcher(scrape);
    while (type.find()) {
      all.add(type.group(1));
      if (type.group(2).equals("summary") || type.group(2).equals("histogram")) {
        distributions.add(type.group(1));
      }
    }
    distributions.forEach(each -> all.remove(each + "_max"));
    return all;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
