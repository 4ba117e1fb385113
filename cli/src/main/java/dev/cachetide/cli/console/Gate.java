package dev.cachetide.cli.console;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask the console for what. It withstands
 *
 * <ul>
 *   <li>pages of other sites in the operator's browser: no answer allows another origin to read it;
 *       what changes something comes with a header that such a page cannot send, as JSON, which a
 *       form cannot be, and from the console's own origin;
 *   <li>DNS rebinding, by which such a page has the console's address under its own name: the name
 *       must be one of the console's;
 *   <li>guessing the token by the time that a comparison takes;
 *   <li>bodies without an end.
 * </ul>
 *
 * It does not encrypt: beyond the loopback address a proxy that speaks TLS belongs before it.
 */
final class Gate {

  /** The most bytes of a body. */
  static final int MOST_BYTES = 64 * 1024;

  private static final String POLICY =
      "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
          + " object-src 'none'";

  /** Of every answer. */
  static final Map<String, String> HEADERS =
      Map.of(
          "Content-Security-Policy", POLICY,
          "X-Content-Type-Options", "nosniff",
          "Referrer-Policy", "no-referrer",
          "X-Frame-Options", "DENY",
          "Cross-Origin-Opener-Policy", "same-origin",
          "Cross-Origin-Resource-Policy", "same-origin",
          "Cache-Control", "no-store");

  private static final String BEARER = "Bearer ";
  private static final String PASTE_TOKEN = "give the console's token";

  private final ConsoleSettings settings;

  Gate(ConsoleSettings settings) {
    this.settings = settings;
  }

  /** For every request. */
  void enter(Context context) {
    HEADERS.forEach(context::header);
    String host = context.header("Host");
    if (host == null || !settings.answersTo(name(host))) {
      throw new Refused(
          403, "the console does not go by this name", "add it to the console: --allow-host NAME");
    }
  }

  /** {@code [::1]:80} and {@code localhost:80} without the port. */
  private static String name(String host) {
    int colon = host.lastIndexOf(':');
    return colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
  }

  /** For what shows something of the pipeline. */
  void read(Context context) {
    if (settings.guarded()) {
      requireToken(context);
    }
  }

  /** For what asks with a body and changes nothing. */
  void ask(Context context) {
    requireOwnJson(context);
    read(context);
  }

  /** For what changes something. */
  void act(Context context) {
    requireOwnJson(context);
    requireToken(context);
  }

  /** For what shows rows' values. */
  void readValues(Context context) {
    requireToken(context);
  }

  private static void requireOwnJson(Context context) {
    String type = context.header("Content-Type");
    String plain = type == null ? "" : type.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
    if (!plain.equals("application/json")) {
      throw new Refused(403, "the body is not JSON", "send Content-Type: application/json");
    }
    String origin = context.header("Origin");
    String host = context.header("Host");
    if (origin != null && !origin.equals("http://" + host) && !origin.equals("https://" + host)) {
      throw new Refused(403, "asked by a page of another origin", "use the console's own page");
    }
    String site = context.header("Sec-Fetch-Site");
    if (site != null && !site.equals("same-origin") && !site.equals("none")) {
      throw new Refused(403, "asked by a page of another site", "use the console's own page");
    }
  }

  private void requireToken(Context context) {
    @Nullable String token = settings.token();
    if (token == null) {
      throw new Refused(
          403,
          "the console is read-only: it was started without a token",
          "start it with --token-file FILE or CACHETIDE_CONSOLE_TOKEN");
    }
    String given = context.header("Authorization");
    if (given == null || !given.startsWith(BEARER)) {
      context.header("WWW-Authenticate", "Bearer");
      throw new Refused(401, "this needs the token", PASTE_TOKEN);
    }
    byte[] expected = token.getBytes(StandardCharsets.UTF_8);
    byte[] got = given.substring(BEARER.length()).trim().getBytes(StandardCharsets.UTF_8);
    if (!MessageDigest.isEqual(expected, got)) {
      throw new Refused(403, "this is not the token", PASTE_TOKEN);
    }
  }

  /** A request's body, whatever length it says it has. */
  byte[] body(Context context) {
    try (InputStream in = context.req().getInputStream()) {
      byte[] body = in.readNBytes(MOST_BYTES + 1);
      if (body.length > MOST_BYTES) {
        throw new Refused(413, "the body is longer than 64 KiB", "send less");
      }
      return body;
    } catch (IOException e) {
      throw new Refused(400, "the body cannot be read", "send it again");
    }
  }
}
