package dev.cachetide.sandbox;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who may log in to a Redis. As soon as anybody needs a password, the sandbox has a user of its own
 * for its own questions, because the default user's rights may be taken away. Not thread-safe.
 */
final class RedisAccess {
  private static final String OWN_USER = "sandbox";
  private static final String DEFAULT_USER = "default";

  private final Map<String, String> passwords = new LinkedHashMap<>();
  private final RedisConfiguration users = new RedisConfiguration();
  private @Nullable String ownPassword;

  /** The default user's; replicas and nodes of a cluster use it among themselves too. */
  void password(String password) {
    passwords.put(DEFAULT_USER, password);
    users.set("requirepass", password).set("masterauth", password);
    guard();
  }

  void user(String name, String password, List<String> rules) {
    passwords.put(name, password);
    List<String> words = new ArrayList<>(List.of(name, "on", ">" + password));
    words.addAll(rules);
    users.set("user", words.toArray(String[]::new));
    guard();
  }

  void addTo(RedisConfiguration configuration) {
    configuration.addAll(users);
  }

  /** What {@code AUTH} takes before one of our own questions; nothing when nobody asks. */
  List<String> own() {
    return ownPassword == null ? List.of() : List.of(OWN_USER, ownPassword);
  }

  /** For the default user: its password and an @, or nothing when it has none. */
  String inUri() {
    return passwords.containsKey(DEFAULT_USER) ? inUri("", DEFAULT_USER) : "";
  }

  /** Throws {@link IllegalArgumentException} when there is no such user. */
  String inUri(String user) {
    if (!passwords.containsKey(user)) {
      throw new IllegalArgumentException("this redis was built without user " + user);
    }
    return inUri(encoded(user), user);
  }

  private String inUri(String shown, String user) {
    return shown + ":" + encoded(passwords.getOrDefault(user, "")) + "@";
  }

  private void guard() {
    if (ownPassword == null) {
      ownPassword = UUID.randomUUID().toString();
      users.set("user", OWN_USER, "on", ">" + ownPassword, "~*", "&*", "+@all");
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
