package dev.cachetide.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A headless Chromium of this machine, driven by the DevTools protocol. */
final class Browser implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger calls = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> pending = new ConcurrentHashMap<>();
  private final List<String> errors = new CopyOnWriteArrayList<>();

  private Browser(Process process, URI page) {
    this.process = process;
    socket =
        HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(page, new Messages()).join();
    for (String domain : List.of("Page", "Runtime", "Log")) {
      call(domain + ".enable", JSON.createObjectNode());
    }
  }

  /** Where the program is; empty without one. */
  static Optional<Path> program() {
    return Stream.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
        .map(Path::of)
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Starts it with a profile of its own. */
  static Browser start(Path program, Path profile) throws Exception {
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--no-proxy-server",
                "--disable-extensions",
                "--disable-background-networking",
                "--hide-scrollbars",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      Path port = profile.resolve("DevToolsActivePort");
      Awaitility.await().atMost(PATIENCE).until(() -> Files.exists(port) && Files.size(port) > 5);
      return new Browser(process, page(Files.readAllLines(port).get(0)));
    } catch (Exception e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static URI page(String port) throws IOException, InterruptedException {
    HttpRequest list =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/list")).build();
    for (JsonNode target :
        JSON.readTree(
            HttpClient.newHttpClient().send(list, HttpResponse.BodyHandlers.ofString()).body())) {
      if (target.get("type").asText().equals("page")) {
        return URI.create(target.get("webSocketDebuggerUrl").asText());
      }
    }
    throw new IOException("Chromium has no page");
  }

  private JsonNode call(String method, ObjectNode parameters) {
    int id = calls.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    pending.put(id, answer);
    ObjectNode call = JSON.createObjectNode().put("id", id).put("method", method);
    call.set("params", parameters);
    socket.sendText(call.toString(), true).join();
    JsonNode told = answer.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    if (told.has("error")) {
      throw new IllegalStateException(method + ": " + told.get("error"));
    }
    return told.get("result");
  }

  void open(String url) {
    call("Page.navigate", JSON.createObjectNode().put("url", url));
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                run("document.readyState === 'complete' && location.href")
                    .asText()
                    .startsWith(url));
  }

  /** What an expression comes to; a promise is waited for. */
  JsonNode run(String script) {
    ObjectNode parameters =
        JSON.createObjectNode()
            .put("expression", script)
            .put("awaitPromise", true)
            .put("returnByValue", true);
    JsonNode result = call("Runtime.evaluate", parameters);
    if (result.has("exceptionDetails")) {
      throw new IllegalStateException(result.get("exceptionDetails").toString());
    }
    return result.path("result").path("value");
  }

  /** Waits until something is true on the page. */
  void await(String condition) {
    Awaitility.await(condition)
        .atMost(PATIENCE)
        .until(() -> run("Boolean(" + condition + ")").asBoolean());
  }

  /** Clicks on the first button or link that says so. */
  void click(String text) {
    String find =
        "[...(document.querySelector('dialog[open]') || document)"
            + ".querySelectorAll('button, a')].find(each =>"
            + " (each.textContent === '"
            + text
            + "' || each.ariaLabel === '"
            + text
            + "') && !each.disabled)";
    await(find);
    run(find + ".click()");
  }

  /** Presses a key where the focus is: {@code Enter} or {@code Tab}. */
  void press(String key) {
    ObjectNode down =
        JSON.createObjectNode()
            .put("type", "keyDown")
            .put("key", key)
            .put("code", key)
            .put("windowsVirtualKeyCode", key.equals("Enter") ? 13 : 9);
    if (key.equals("Enter")) {
      down.put("text", "\r");
    }
    call("Input.dispatchKeyEvent", down);
    call("Input.dispatchKeyEvent", down.deepCopy().put("type", "keyUp"));
  }

  void size(int width, int height) {
    call(
        "Emulation.setDeviceMetricsOverride",
        JSON.createObjectNode()
            .put("width", width)
            .put("height", height)
            .put("deviceScaleFactor", 1)
            .put("mobile", false));
  }

  void dark(boolean dark) {
    ObjectNode media = JSON.createObjectNode();
    media
        .putArray("features")
        .addObject()
        .put("name", "prefers-color-scheme")
        .put("value", dark ? "dark" : "light");
    call("Emulation.setEmulatedMedia", media);
  }

  void picture(Path file) throws IOException {
    JsonNode taken = call("Page.captureScreenshot", JSON.createObjectNode().put("format", "png"));
    Files.createDirectories(file.getParent());
    Files.write(file, Base64.getDecoder().decode(taken.get("data").asText()));
  }

  /** What the page has complained about so far. */
  List<String> errors() {
    return List.copyOf(errors);
  }

  @Override
  public void close() {
    socket.abort();
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Messages implements WebSocket.Listener {
    private final StringBuilder parts = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
      parts.append(text);
      if (last) {
        String whole = parts.toString();
        parts.setLength(0);
        take(whole);
      }
      from.request(1);
      return null;
    }

    private void take(String text) {
      try {
        JsonNode message = JSON.readTree(text);
        CompletableFuture<JsonNode> answer =
            message.has("id") ? pending.remove(message.get("id").asInt()) : null;
        if (answer != null) {
          answer.complete(message);
        }
        String method = message.path("method").asText();
        JsonNode parameters = message.path("params");
        boolean bad =
            method.equals("Runtime.exceptionThrown")
                || (method.equals("Runtime.consoleAPICalled")
                    && parameters.path("type").asText().equals("error"))
                || (method.equals("Log.entryAdded")
                    && parameters.path("entry").path("level").asText().equals("error"));
        if (bad) {
          errors.add(parameters.toString());
        }
      } catch (IOException e) {
        errors.add("a message that is no JSON: " + e.getMessage());
      }
    }
  }
}
