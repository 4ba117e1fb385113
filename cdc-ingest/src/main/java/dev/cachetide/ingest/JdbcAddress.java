package dev.cachetide.ingest;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A JDBC URL of Postgres, taken apart in the way that the engine wants to put it together again.
 *
 * @param host of several hosts, all but the last one's port: the engine writes {@code host:port}
 */
record JdbcAddress(String host, String port, String database, Map<String, String> parameters) {

  private static final Pattern FORM =
      Pattern.compile("jdbc:postgresql://([^/?]*)/([^?]*)(?:\\?(.*))?");
  private static final String DEFAULT_PORT = "5432";

  JdbcAddress {
    parameters = Map.copyOf(parameters);
  }

  static JdbcAddress parse(String url) {
    Matcher form = FORM.matcher(url);
    if (!form.matches()) {
      throw new IllegalArgumentException("not of the form jdbc:postgresql://host:port/database");
    }
    String authority = form.group(1);
    int colon = authority.lastIndexOf(':');
    boolean hasPort = colon > authority.lastIndexOf(']') && colon > authority.lastIndexOf(',');
    String host = hasPort ? authority.substring(0, colon) : authority;
    return new JdbcAddress(
        host.isEmpty() ? "localhost" : host,
        hasPort ? authority.substring(colon + 1) : DEFAULT_PORT,
        decoded(form.group(2)),
        parameters(form.group(3) == null ? "" : form.group(3)));
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String parameter : query.split("&", -1)) {
      int equals = parameter.indexOf('=');
      if (equals > 0) {
        parameters.put(
            decoded(parameter.substring(0, equals)), decoded(parameter.substring(equals + 1)));
      }
    }
    return parameters;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
