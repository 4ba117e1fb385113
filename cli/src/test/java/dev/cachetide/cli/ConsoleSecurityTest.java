package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.cli.console.Console;
import dev.cachetide.cli.console.ConsoleSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is refused what; on raw sockets, for a client library would put the requests right. */
@SuppressWarnings("NullAway.Init")
final class ConsoleSecurityTest {

  private static final String TOKEN = "canary-token-0123456789";
  private static final String PASSWORD = "canary-password";
  private static final String VALUE = "canary-row-value";
  private static final String PAUSE = "{\"what\": \"role\", \"name\": \"ingest\"}";

  @TempDir private static Path directory;
  private static Path file;
  private static Console open;
  private static Console readOnly;
  private static Console guarded;
  private final StringBuilder told = new StringBuilder();

  @BeforeAll
  static void start() throws Exception {
    file =
        Files.writeString(
            directory.resolve("shop.yaml"),
            """
            pipeline: shop
            postgres: { url: "jdbc:postgresql://127.0.0.1:1/shop", user: app, password: "%s" }
            kafka: { bootstrap.servers: "127.0.0.1:1" }
            rules:
              - { name: users, source: { table: users }, evict: [ { key: "user:{id}" } ] }
            """
                .formatted(PASSWORD));
    PipelineSettings settings =
        Configuration.load(file, EnumSet.of(Section.POSTGRES, Section.KAFKA));
    open = console(file, settings, new ConsoleSettings("127.0.0.1", 0, Set.of(), TOKEN, PAGES));
    readOnly = console(file, settings, new ConsoleSettings("127.0.0.1", 0, Set.of(), null, PAGES));
    guarded =
        console(
            file, settings, new ConsoleSettings("0.0.0.0", 0, Set.of("ops.shop"), TOKEN, PAGES));
  }

  private static final List<URI> PAGES = List.of(URI.create("http://127.0.0.1:1/metrics"));

  private static Console console(Path file, PipelineSettings settings, ConsoleSettings console)
      throws Exception {
    Console built = ConsoleCommand.console(file, settings, console);
    built.start();
    return built;
  }

  @AfterAll
  static void stop() {
    open.close();
    readOnly.close();
    guarded.close();
  }

  @AfterEach
  void no_answer_tells_a_secret_or_how_the_program_is_built() {
    assertThat(told.toString())
        .doesNotContain(TOKEN, PASSWORD, VALUE)
        .doesNotContain("Exception", "\tat ", "dev.cachetide", "Jetty", "javalin", "jdbc:");
  }

  @Test
  void an_action_needs_the_token() throws Exception {
    assertThat(post(open, "/api/pause", PAUSE)).startsWith("HTTP/1.1 401 ").contains("Bearer");
    assertThat(post(open, "/api/pause", PAUSE, "Authorization: Basic " + TOKEN))
        .startsWith("HTTP/1.1 401 ");
    assertThat(post(open, "/api/pause", PAUSE, "Authorization: Bearer " + TOKEN + "0"))
        .startsWith("HTTP/1.1 403 ");
    assertThat(post(open, "/api/pause", PAUSE, "Authorization: Bearer "))
        .startsWith("HTTP/1.1 401 ");
    assertThat(post(open, "/api/pause", PAUSE, bearer()))
        .startsWith("HTTP/1.1 503 ")
        .contains("Postgres does not answer");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/pause",
        "/api/resume",
        "/api/resync",
        "/api/session",
        "/api/dead-letters/w1/replay",
        "/api/dead-letters/w1/discard",
        "/api/conflicts/c1/replay",
        "/api/conflicts/c1/discard"
      })
  void every_action_is_refused_without_one_and_where_there_is_none(String path) throws Exception {
    assertThat(post(open, path, "{}")).startsWith("HTTP/1.1 401 ");
    assertThat(post(open, path, "{}", bearer(), "Origin: http://evil.example"))
        .startsWith("HTTP/1.1 403 ");
    assertThat(post(readOnly, path, "{}", bearer()))
        .startsWith("HTTP/1.1 403 ")
        .contains("read-only");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"what\": \"table\", \"name\": \"public.users\"}",
        "{\"what\": \"rule\", \"name\": \"users\", \"allowStale\": true}"
      })
  void a_table_or_a_rule_is_paused_and_resumed_with_the_token_alone(String body) throws Exception {
    for (String path : List.of("/api/pause", "/api/resume")) {
      assertThat(post(open, path, body)).startsWith("HTTP/1.1 401 ");
      assertThat(post(readOnly, path, body, bearer())).startsWith("HTTP/1.1 403 ");
      assertThat(post(guarded, path, body, "Authorization: Bearer " + VALUE))
          .startsWith("HTTP/1.1 403 ");
      assertThat(post(open, path, body, bearer(), "Sec-Fetch-Site: same-site"))
          .startsWith("HTTP/1.1 403 ");
      assertThat(post(open, path, body, bearer())).startsWith("HTTP/1.1 503 ");
    }
  }

  @Test
  void what_cannot_be_paused_is_refused_before_a_server_is_asked() throws Exception {
    for (String body :
        List.of(
            "{\"what\": \"" + VALUE + "\", \"name\": \"users\"}",
            "{\"what\": \"rule\", \"name\": \"" + VALUE + "\"}",
            "{\"what\": \"table\", \"name\": \"" + VALUE + "\"}",
            "{\"what\": \"table\", \"name\": \"public." + VALUE + "; DROP TABLE users\"}",
            "{\"what\": \"role\", \"name\": \"ingest\", \"allowStale\": true}",
            PAUSE.replace("}", ", \"reason\": \"" + "x".repeat(501) + "\"}"))) {
      assertThat(post(open, "/api/pause", body, bearer())).as(body).startsWith("HTTP/1.1 400 ");
    }
    assertThat(post(open, "/api/resume", "{\"what\": \"table\", \"name\": \"a.\"}", bearer()))
        .startsWith("HTTP/1.1 400 ");
  }

  @Test
  void rows_values_need_the_token_even_to_be_read() throws Exception {
    assertThat(get(open, "/api/dead-letters/w1?values=true")).startsWith("HTTP/1.1 401 ");
    assertThat(get(open, "/api/conflicts/c1?values=true", "Authorization: Bearer x"))
        .startsWith("HTTP/1.1 403 ");
    assertThat(get(readOnly, "/api/dead-letters/w1?values=true", bearer()))
        .startsWith("HTTP/1.1 403 ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/console.css", "/api/status", "/api/session", "/nowhere"})
  void a_name_that_is_not_the_consoles_is_refused(String path) throws Exception {
    for (String host : List.of("evil.example", "evil.example:80", "localhost.evil.example", "")) {
      String answer = ask(open, "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n");
      assertThat(answer).as(host).matches("(?s)HTTP/1.1 40[034] .*");
    }
    String named = ask(guarded, "GET /api/session HTTP/1.1\r\nHost: OPS.shop:443\r\n");
    assertThat(named).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void what_is_no_json_from_the_consoles_own_page_is_refused() throws Exception {
    for (String type : List.of("text/plain", "application/x-www-form-urlencoded", "")) {
      String head = "POST /api/pause HTTP/1.1\r\n" + host(open) + bearer() + "\r\n";
      String typed = type.isEmpty() ? "" : "Content-Type: " + type + "\r\n";
      assertThat(ask(open, head + typed + "Content-Length: 2\r\n", "{}"))
          .as(type)
          .startsWith("HTTP/1.1 403 ");
    }
    for (String origin : List.of("http://evil.example", "null", "http://127.0.0.1:1")) {
      assertThat(post(open, "/api/pause", PAUSE, bearer(), "Origin: " + origin))
          .as(origin)
          .startsWith("HTTP/1.1 403 ");
      assertThat(post(readOnly, "/api/explain", "{}", "Origin: " + origin))
          .as(origin)
          .startsWith("HTTP/1.1 403 ");
    }
    assertThat(post(open, "/api/pause", PAUSE, bearer(), "Sec-Fetch-Site: cross-site"))
        .startsWith("HTTP/1.1 403 ");
    String own = "Origin: " + open.url().substring(0, open.url().length() - 1);
    assertThat(post(open, "/api/session", "{}", bearer(), own)).startsWith("HTTP/1.1 200 ");
  }

  @Test
  void a_body_without_an_end_is_not_read() throws Exception {
    String endless = "{\"reason\": \"" + "x".repeat(64 * 1024) + "\"}";
    assertThat(post(open, "/api/pause", endless, bearer())).startsWith("HTTP/1.1 413 ");
    String chunk = Integer.toHexString(endless.length()) + "\r\n" + endless + "\r\n0\r\n\r\n";
    String head =
        "POST /api/explain HTTP/1.1\r\n"
            + host(open)
            + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
    assertThat(ask(open, head, chunk)).startsWith("HTTP/1.1 413 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..;/api/status/..;/x",
        "/page/index.html",
        "/console.css/../../Console.class",
        "//etc/passwd",
        "/api/dead-letters/..%2f..%2fx/replay"
      })
  void no_path_leads_to_a_file(String path) throws Exception {
    assertThat(get(open, path)).startsWith("HTTP/1.1 404 ").doesNotContain("root:");
  }

  @Test
  void every_answer_forbids_what_a_page_of_others_would_need() throws Exception {
    for (String path :
        List.of("/", "/main.js", "/pauses.js", "/api/status", "/nowhere", "/api/pause")) {
      String answer = get(open, path, "Origin: http://evil.example").toLowerCase(Locale.ROOT);
      assertThat(answer)
          .as(path)
          .contains("content-security-policy: default-src 'self';", "frame-ancestors 'none'")
          .contains("x-content-type-options: nosniff", "referrer-policy: no-referrer")
          .contains("cache-control: no-store")
          .doesNotContain("unsafe-inline", "unsafe-eval", "access-control-", "server: ");
    }
    String page = get(open, "/");
    assertThat(page).startsWith("HTTP/1.1 200 ").doesNotContain("<style", "onclick", " style=");
    assertThat(page).doesNotContainPattern("<script(?![^>]*src=)");
    assertThat(ask(open, "OPTIONS /api/pause HTTP/1.1\r\n" + host(open)))
        .doesNotStartWith("HTTP/1.1 2");
  }

  @Test
  void where_others_reach_it_nothing_of_the_pipeline_is_shown_without_the_token() throws Exception {
    for (String path :
        List.of("status", "lag", "series", "rules", "events", "dead-letters", "conflicts/c1")) {
      assertThat(get(guarded, "/api/" + path)).as(path).startsWith("HTTP/1.1 401 ");
    }
    assertThat(post(guarded, "/api/explain", "{}")).startsWith("HTTP/1.1 401 ");
    assertThat(get(guarded, "/api/status", bearer())).startsWith("HTTP/1.1 200 ");
    assertThat(get(guarded, "/")).startsWith("HTTP/1.1 200 ").doesNotContain("shop");
    assertThatThrownBy(() -> new ConsoleSettings("0.0.0.0", 0, Set.of(), null, List.of()))
        .hasMessageContaining("token");
  }

  @Test
  void what_is_away_is_not_shown_as_0_and_no_mistake_is_answered_with_what_was_sent()
      throws Exception {
    String status = get(open, "/api/status");
    assertThat(status).startsWith("HTTP/1.1 200 ").contains("\"ok\":false");
    assertThat(status).doesNotContain("\"records\"", "\"lagBytes\"", "\":0");
    assertThat(get(open, "/api/rules")).contains("\"evictions\":null");
    assertThat(post(open, "/api/explain", "{ \"" + VALUE)).startsWith("HTTP/1.1 400 ");
    assertThat(post(open, "/api/explain", "[]")).startsWith("HTTP/1.1 400 ");
    assertThat(post(open, "/api/explain", "[".repeat(30_000))).startsWith("HTTP/1.1 400 ");
    assertThat(post(open, "/api/explain", "{\"table\": \"" + VALUE + ".\"}"))
        .startsWith("HTTP/1.1 400 ");
    assertThat(get(open, "/api/series?after=" + VALUE)).startsWith("HTTP/1.1 400 ");
    assertThat(get(open, "/api/dead-letters?state=" + VALUE)).startsWith("HTTP/1.1 400 ");
    assertThat(get(open, "/api/dead-letters/" + VALUE)).startsWith("HTTP/1.1 404 ");
    assertThat(get(open, "/api/dead-letters/c1")).startsWith("HTTP/1.1 404 ");
    assertThat(get(open, "/" + VALUE)).startsWith("HTTP/1.1 404 ");
  }

  @Test
  void a_console_that_nobody_should_start_is_not_started() throws Exception {
    Path shortToken = Files.writeString(directory.resolve("token"), "short\n");
    Invocation mistakes =
        Invocation.of(
            "console",
            "--port=70000",
            "--token-file=" + shortToken,
            "--metrics=file:///etc/passwd",
            "-c",
            "x.yaml");
    assertThat(mistakes.exitCode()).isEqualTo(2);
    assertThat(mistakes.err())
        .contains("--port: 70000", "shorter than 16", "--metrics: file:///etc/passwd");
    Invocation reached = Invocation.of("console", "--host=0.0.0.0", "-c", "x.yaml");
    assertThat(reached.exitCode()).isEqualTo(2);
    assertThat(reached.err()).contains("--host: 0.0.0.0", "--token-file");
    Invocation taken =
        Invocation.of("console", "--port=" + port(open), "--config", file.toString());
    assertThat(taken.exitCode()).isEqualTo(1);
    assertThat(taken.err()).contains("cannot be listened on").doesNotContain("\tat ");
  }

  private static String bearer() {
    return "Authorization: Bearer " + TOKEN;
  }

  private static String host(Console console) {
    return "Host: 127.0.0.1:" + port(console) + "\r\n";
  }

  private static int port(Console console) {
    return URI.create(console.url()).getPort();
  }

  private String get(Console console, String path, String... headers) throws IOException {
    return ask(console, "GET " + path + " HTTP/1.1\r\n" + host(console) + lines(headers));
  }

  private String post(Console console, String path, String body, String... headers)
      throws IOException {
    return ask(
        console,
        "POST "
            + path
            + " HTTP/1.1\r\n"
            + host(console)
            + lines(headers)
            + "Content-Type: application/json; charset=utf-8\r\nContent-Length: "
            + body.length()
            + "\r\n",
        body);
  }

  private static String lines(String... headers) {
    return headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
  }

  private String ask(Console console, String head) throws IOException {
    return ask(console, head, "");
  }

  private String ask(Console console, String head, String body) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port(console))) {
      socket.setSoTimeout(30_000);
      byte[] request = (head + "Connection: close\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8);
      socket.getOutputStream().write(request);
      socket.getOutputStream().flush();
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      told.append(answer);
      return answer;
    }
  }
}
