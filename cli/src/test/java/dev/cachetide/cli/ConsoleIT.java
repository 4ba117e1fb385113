package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.WritePublisher;
import dev.cachetide.cli.console.Console;
import dev.cachetide.cli.console.ConsoleSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.wire.TableName;
import dev.cachetide.wire.WriteCommand;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The console over a pipeline under load, by its JSON and in a browser. */
@SuppressWarnings("NullAway.Init")
final class ConsoleIT {

  private static final Duration SOON = Duration.ofSeconds(40);
  private static final String TOKEN = "canary-token-0123456789";
  private static final String VALUE = "canary-row-value";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> VIEWS =
      List.of("overview", "charts", "rules", "dead-letters", "conflicts", "events");

  private static final boolean SCREENSHOTS = Boolean.getBoolean("screenshots");
  private static final Set<String> PICTURES = Set.of("overview", "overview-small", "charts");

  private static final String PIPELINE =
      """
      rules:
        - name: users
          source: { table: users }
          evict: [ { key: "user:{id}" }, { key: "user:{email}" } ]
        - { name: products, source: { table: products }, evict: [ { key: "product:{id}" } ] }
      writes:
        - { table: products, key: [id] }
        - { table: accounts, key: [id], conflicts: optimistic, version: version }
      """;

  @TempDir private static Path directory;
  private static ShopServers servers;
  private static World world;
  private static Console console;
  private static WritePublisher publisher;
  private static final ScheduledExecutorService load = Executors.newSingleThreadScheduledExecutor();
  private static final AtomicInteger turns = new AtomicInteger();

  @BeforeAll
  static void start() throws Exception {
    Logs.onlyWarnings();
    servers = ShopServers.start();
    servers.execute(
        "CREATE TYPE mood AS ENUM ('happy', 'sad')",
        "CREATE TABLE users (id int PRIMARY KEY, email text)",
        "ALTER TABLE users REPLICA IDENTITY FULL",
        "CREATE TABLE products (id int PRIMARY KEY, stock int DEFAULT 0, mood mood)",
        "CREATE TABLE accounts (id int PRIMARY KEY, n text, version int NOT NULL DEFAULT 1)",
        "INSERT INTO users SELECT i, 'user-' || i FROM generate_series(1, 1000) AS i",
        "INSERT INTO accounts VALUES (1, 'x', 3)");
    Path config = servers.file(directory, PIPELINE);
    PipelineSettings settings = Configuration.load(config, EnumSet.allOf(Section.class));
    publisher =
        new WritePublisher(
            settings.names(),
            Map.of("bootstrap.servers", servers.sandbox().kafka().bootstrapServers()));
    world = new World(settings, EnumSet.allOf(Role.class));
    world.start();
    URI metrics = URI.create("http://127.0.0.1:" + world.httpPort() + "/metrics");
    console =
        ConsoleCommand.console(
            config,
            settings,
            new ConsoleSettings("127.0.0.1", 0, Set.of(), TOKEN, List.of(metrics)));
    console.start();
    await().atMost(SOON).until(() -> ShopServers.ready(world));
    publish(WriteCommand.upsert("products", Map.of("id", 3), Map.of("mood", VALUE)));
    publish(WriteCommand.delta("products", Map.of("id", 2), Map.of("stock", 4)));
    publish(
        new WriteCommand.Update(
            TableName.parse("accounts"), Map.of("id", 1), Map.of("n", VALUE), null, 1));
    servers.publishNonsense(1);
    var unused = load.scheduleWithFixedDelay(ConsoleIT::turn, 0, 100, TimeUnit.MILLISECONDS);
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(json("/api/dead-letters").get("letters")).hasSize(3);
              assertThat(json("/api/conflicts").get("letters")).hasSize(1);
            });
  }

  /** A little work, so that there is something to see. */
  private static void turn() {
    int turn = turns.incrementAndGet();
    try {
      servers.execute(
          "UPDATE users SET email = 'mail-%d' WHERE id BETWEEN %d AND %d"
              .formatted(turn, turn * 7 % 900, turn * 7 % 900 + turn % 23));
      publish(WriteCommand.upsert("products", Map.of("id", 10 + turn % 50), Map.of("stock", turn)));
    } catch (Exception e) {
      throw new IllegalStateException("the load has ended", e);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    load.shutdown();
    assertThat(load.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    console.close();
    publisher.close();
    world.close();
    servers.close();
  }

  @Test
  void the_numbers_are_the_pipelines() throws Exception {
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              JsonNode status = json("/api/status");
              assertThat(status.at("/postgres/slot/active").asBoolean()).isTrue();
              assertThat(status.at("/postgres/slot/retainedBytes").asLong()).isPositive();
              assertThat(status.at("/postgres/parkedWrites").asInt()).isBetween(1, 2);
              assertThat(status.at("/kafka/groups/0/members").asInt()).isEqualTo(1);
              assertThat(status.at("/numbers/finished:shop.invalidate").asDouble()).isPositive();
              assertThat(status.at("/numbers/finished:shop.write-behind").asDouble()).isPositive();
              assertThat(status.at("/numbers/canary.age").asDouble()).isBetween(0d, 30d);
              assertThat(status.at("/numbers/canary.p99").asDouble()).isPositive();
              assertThat(status.at("/numbers/evicted.p99").asDouble()).isPositive();
              assertThat(status.at("/workers/processes/0/programs")).hasSize(3);
            });
    JsonNode lag = json("/api/lag").get("partitions");
    assertThat(lag).isNotEmpty().allSatisfy(each -> assertThat(each.get("end")).isNotNull());
    JsonNode rule = json("/api/rules").get("rules").get(0);
    assertThat(rule.at("/evictions/key").asDouble()).isPositive();
    assertThat(rule.get("templates").toString()).contains("key user:{id}");
    assertThat(json("/api/series").get("points")).isNotEmpty();
  }

  @Test
  void no_row_value_and_no_secret_is_told_unless_it_is_asked_for_with_the_token() throws Exception {
    String id = letter("dead-letters", "22P02");
    StringBuilder told = new StringBuilder();
    for (String path :
        List.of(
            "status",
            "lag",
            "series",
            "rules",
            "events",
            "dead-letters?state=all",
            "conflicts?state=all",
            "dead-letters/" + id,
            "conflicts/c1")) {
      HttpResponse<String> answer = send("GET", "/api/" + path, null);
      assertThat(answer.statusCode()).as(path).isEqualTo(200);
      told.append(answer.body());
    }
    assertThat(told.toString()).doesNotContain(VALUE).doesNotContain(TOKEN);

    String withValues = "/api/dead-letters/" + id + "?values=true";
    assertThat(send("GET", withValues, null).statusCode()).isEqualTo(401);
    assertThat(send("GET", withValues, TOKEN).body()).contains(VALUE);
  }

  @Test
  void what_is_paused_is_shown_told_of_and_resumed() throws Exception {
    String body = "{\"what\": \"role\", \"name\": \"write-behind\", \"reason\": \"migration\"}";
    assertThat(send("POST", "/api/pause", TOKEN, body).statusCode()).isEqualTo(200);
    assertThat(send("POST", "/api/pause", TOKEN, body).statusCode()).isEqualTo(409);
    await()
        .atMost(SOON)
        .until(
            () -> json("/api/status").at("/postgres/pauses/0/reason").asText().equals("migration"));
    await()
        .atMost(SOON)
        .until(() -> json("/api/events").toString().contains("write-behind is not ready"));
    assertThat(send("POST", "/api/resume", TOKEN, body).statusCode()).isEqualTo(200);
    await()
        .atMost(SOON)
        .until(() -> json("/api/events").toString().contains("role write-behind was resumed"));
    String unknown = body.replace("write-behind", "cook");
    assertThat(send("POST", "/api/pause", TOKEN, unknown).statusCode()).isEqualTo(400);
  }

  @Test
  void all_that_is_cached_of_a_table_is_evicted_on_request() throws Exception {
    HttpResponse<String> done = send("POST", "/api/resync", TOKEN, "{\"table\": \"public.users\"}");
    assertThat(done.statusCode()).as(done.body()).isEqualTo(200);
    assertThat(JSON.readTree(done.body()).get("evicted").asBoolean()).isTrue();
    await()
        .atMost(SOON)
        .until(() -> json("/api/events").toString().contains("public.users was made old"));
    assertThat(send("POST", "/api/resync", TOKEN, "{\"table\": \"nowhere\"}").statusCode())
        .isEqualTo(400);
  }

  @ParameterizedTest
  @CsvSource({"1600, 1000, false", "400, 860, true"})
  void every_view_fits_is_accessible_and_has_no_error(int width, int height, boolean dark)
      throws Exception {
    if (SCREENSHOTS) {
      await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> json("/api/series").get("points").size() > 28);
    }
    try (Browser browser = browser()) {
      browser.size(width, height);
      browser.dark(dark);
      browser.open(console.url());
      browser.await("document.querySelector('.picture')");
      browser.run(axe());
      for (String view : VIEWS) {
        browser.run("location.hash = '" + view + "'");
        browser.await(ready(view));
        assertThat(browser.run("document.documentElement.scrollWidth - innerWidth").asInt())
            .as(view)
            .isLessThanOrEqualTo(0);
        assertThat(violations(browser)).as(view + " at " + width).isEmpty();
        picture(browser, view + (dark ? "-small" : ""));
      }
      assertThat(browser.errors()).isEmpty();
    }
  }

  @Test
  void an_operator_tries_a_rule_replays_a_dead_letter_and_sees_the_charts_move() throws Exception {
    try (Browser browser = browser()) {
      browser.size(1600, 1000);
      browser.open(console.url() + "#rules");
      browser.await("document.querySelector('#change')");
      browser.click("Explain");
      browser.await("document.querySelector('main').textContent.includes('user:ada@example.org')");
      assertThat(browser.run("document.querySelector('main').textContent").asText())
          .contains("user:1", "user:ada@example.com", "names leave");

      browser.run("location.hash = 'charts'");
      String path = "document.querySelector('[data-series=\"finished:shop.invalidate\"]')";
      browser.await(path);
      String before = browser.run(path + ".getAttribute('d')").asText();
      browser.await(path + ".getAttribute('d') !== '" + before + "'");

      unlock(browser);

      String secret = letter("dead-letters", "22P02");
      browser.run("location.hash = 'dead-letters'");
      browser.click("Show " + secret);
      browser.await("document.querySelector('dialog[open] table')");
      assertThat(browser.run("document.body.textContent").asText()).doesNotContain(VALUE);
      browser.run(axe());
      assertThat(violations(browser)).isEmpty();
      browser.click("Show values");
      browser.await("document.querySelector('dialog').textContent.includes('" + VALUE + "')");
      browser.click("Close");

      String id = letter("dead-letters", null);
      servers.execute("INSERT INTO products VALUES (2, 0) ON CONFLICT DO NOTHING");
      browser.run("location.hash = 'dead-letters'");
      browser.click("Replay " + id);
      browser.await("document.querySelector('dialog').open");
      browser.click("Replay");
      browser.await("document.querySelector('#told').textContent === '" + id + " was replayed.'");
      await()
          .atMost(SOON)
          .until(() -> servers.one("SELECT stock FROM products WHERE id = 2").equals("4"));
      assertThat(browser.errors()).isEmpty();
    }
  }

  @Test
  void an_operator_pauses_and_resumes_a_rule_and_a_table_by_keyboard() throws Exception {
    try (Browser browser = browser()) {
      browser.size(1600, 1000);
      browser.open(console.url() + "#rules");
      browser.await(button("Pause rule products"));
      assertThat(browser.run(button("Pause rule products") + ".disabled").asBoolean()).isTrue();
      unlock(browser);
      browser.run(axe());
      for (String what : List.of("rule products", "table public.products")) {
        browser.await(button("Pause " + what));
        browser.run("window.old = " + button("Pause " + what));
        browser.run("window.old.focus()");
        browser.press("Enter");
        browser.await("document.activeElement.id === 'reason'");
        assertThat(violations(browser)).isEmpty();
        browser.run("document.activeElement.value = 'by hand'");
        if (what.startsWith("rule")) {
          // What the rule has evicted is counted on meanwhile, in a row with another button.
          browser.await("!window.old.isConnected");
        }
        browser.press("Enter");
        browser.await(told("Paused " + what + "."));
        browser.await(focus("Resume " + what));
        assertThat(violations(browser)).isEmpty();
        assertThat(json("/api/status").at("/postgres/pauses/0/reason").asText())
            .isEqualTo("by hand");

        browser.press("Enter");
        browser.await("document.querySelector('dialog[open]')");
        browser.press("Tab");
        browser.press("Enter");
        browser.await(told("Resumed " + what + "."));
        browser.await(focus("Pause " + what));
        assertThat(json("/api/status").at("/postgres/pauses")).isEmpty();
      }
      assertThat(browser.errors()).isEmpty();
    }
  }

  @Test
  void events_that_nobody_could_read_are_among_the_dead_letters_of_the_overview() throws Exception {
    try (Browser browser = browser()) {
      browser.open(console.url());
      browser.await("document.querySelector('.picture')");
      await()
          .atMost(SOON)
          .untilAsserted(
              () -> {
                JsonNode status = json("/api/status");
                long events = status.at("/events/parked").asLong();
                assertThat(events).isEqualTo(1);
                long all = events + status.at("/postgres/parkedWrites").asLong();
                assertThat(browser.run("document.querySelector('.picture').textContent").asText())
                    .contains("dead letters" + all);
              });
    }
  }

  private static void unlock(Browser browser) {
    browser.click("Enter token");
    browser.await("document.querySelector('#token')");
    browser.run("document.querySelector('#token').value = '" + TOKEN + "'");
    browser.click("Unlock");
    browser.await("document.querySelector('#lock').textContent === 'Lock actions'");
  }

  private static String button(String name) {
    return "document.querySelector('main [aria-label=\"" + name + "\"]')";
  }

  private static String focus(String name) {
    return "document.activeElement.ariaLabel === '" + name + "'";
  }

  private static String told(String text) {
    return "document.querySelector('#told').textContent === '" + text + "'";
  }

  private static Browser browser() throws Exception {
    Path program = Browser.program().orElse(null);
    assumeTrue(program != null, "no Chromium on this machine: the console's page is not looked at");
    return Browser.start(
        Objects.requireNonNull(program), Files.createTempDirectory(directory, "profile"));
  }

  private static String ready(String view) {
    String main = "document.querySelector('main[data-view=\"" + view + "\"] %s')";
    return switch (view) {
      case "overview" -> main.formatted(".picture");
      case "charts" -> main.formatted("[data-series^=\"finished:\"]");
      case "events" -> main.formatted(".timeline");
      default -> main.formatted("table");
    };
  }

  private static String axe() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            ConsoleIT.class.getResourceAsStream(
                "/META-INF/resources/webjars/axe-core/4.6.3/axe.min.js"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** What hinders people seriously, each as rule and element. */
  private static List<String> violations(Browser browser) throws IOException {
    String found =
        browser
            .run(
                "axe.run().then(found => JSON.stringify(found.violations"
                    + ".filter(each => ['serious', 'critical'].includes(each.impact))"
                    + ".flatMap(each => each.nodes.map(node => each.id + ': ' + node.html))))")
            .asText();
    return List.of(JSON.readValue(found, String[].class));
  }

  private static void picture(Browser browser, String name) throws IOException {
    if (SCREENSHOTS && PICTURES.contains(name)) {
      browser.picture(Path.of("..", "docs", "console", name + ".png"));
    }
  }

  /** The newest write that is parked with an SQLSTATE, or with none. */
  private static String letter(String group, @Nullable String sqlState) throws Exception {
    for (JsonNode letter : json("/api/" + group).get("letters")) {
      if (!letter.get("kind").asText().equals("request")
          && Objects.equals(sqlState, letter.get("sqlstate").textValue())) {
        return letter.get("id").asText();
      }
    }
    throw new AssertionError("nothing is parked with " + sqlState);
  }

  private static JsonNode json(String path) throws Exception {
    HttpResponse<String> answer = send("GET", path, null);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  private static HttpResponse<String> send(String method, String path, @Nullable String token)
      throws Exception {
    return send(method, path, token, "");
  }

  private static HttpResponse<String> send(
      String method, String path, @Nullable String token, String body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(console.url()).resolve(path))
            .timeout(SOON)
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static void publish(WriteCommand command) {
    publisher.publish(command).join();
  }
}
