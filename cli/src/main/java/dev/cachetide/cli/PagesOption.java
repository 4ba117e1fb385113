package dev.cachetide.cli;

import dev.cachetide.runtime.settings.HttpSettings;
import dev.cachetide.runtime.settings.Problem;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** {@code --metrics}: where the workers' pages are. */
final class PagesOption {

  @Option(
      names = "--metrics",
      paramLabel = "URL",
      split = ",",
      description =
          "The workers' /metrics pages; unless given, the one of the configuration's http.host and"
              + " http.port.")
  private List<String> metrics = new ArrayList<>();

  /** Those that were given; what is wrong with them is added. */
  List<URI> given(List<Problem> problems) {
    List<URI> pages = new ArrayList<>();
    for (String text : metrics) {
      if (text.matches("https?://[^/?#@\\s]+/\\S*")) {
        pages.add(URI.create(text));
      } else {
        problems.add(
            new Problem(
                "--metrics", text, "is no page's address", "http://127.0.0.1:8080/metrics"));
      }
    }
    return pages;
  }

  /** Where a configuration puts them. Port 0 is another one each time: nobody can know it. */
  static List<URI> configured(HttpSettings http) {
    String name = http.host().equals("0.0.0.0") ? "127.0.0.1" : http.host();
    return http.port() == 0
        ? List.of()
        : List.of(URI.create("http://" + name + ":" + http.port() + "/metrics"));
  }
}
