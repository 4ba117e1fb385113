package dev.cachetide.cli.console;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** The files of the page. What is not named here does not exist: no path leads to a file. */
final class Assets {

  private static final String SCRIPT = "text/javascript; charset=utf-8";

  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("index.html", "text/html; charset=utf-8"),
          Map.entry("console.css", "text/css; charset=utf-8"),
          Map.entry("icon.svg", "image/svg+xml"),
          Map.entry("main.js", SCRIPT),
          Map.entry("api.js", SCRIPT),
          Map.entry("dom.js", SCRIPT),
          Map.entry("picture.js", SCRIPT),
          Map.entry("pauses.js", SCRIPT),
          Map.entry("charts.js", SCRIPT),
          Map.entry("overview.js", SCRIPT),
          Map.entry("rules.js", SCRIPT),
          Map.entry("letters.js", SCRIPT),
          Map.entry("events.js", SCRIPT));

  private Assets() {}

  /** Every file, by the path that it is served under. */
  static Map<String, Asset> all() {
    Map<String, Asset> all = new LinkedHashMap<>();
    TYPES.forEach((name, type) -> all.put("/" + name, new Asset(type, read(name))));
    all.put("/", Objects.requireNonNull(all.get("/index.html")));
    return all;
  }

  private static String read(String name) {
    try (InputStream in =
        Objects.requireNonNull(Assets.class.getResourceAsStream("page/" + name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("the program's own " + name + " cannot be read", e);
    }
  }

  /** One file. */
  record Asset(String type, String text) {}
}
