package dev.cachetide.system.connect;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.system.connect.KafkaConnect.Connector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** docs/connect.md: the connector that the tests run is the one that the page shows. */
public final class ConnectPage {

  private static final Path PAGE = Path.of("..", "docs", "connect.md");

  private ConnectPage() {}

  /**
   * The page's connector with the sandbox's addresses.
   *
   * @param prefix of the topics; also the name of slot, publication, connector and pipeline
   * @param tables {@code public.users}; the heartbeats' comes beside them, as on the page
   */
  public static Connector connector(Sandbox sandbox, String prefix, List<String> tables)
      throws IOException {
    Connector page = new ObjectMapper().readValue(block("json"), Connector.class);
    String list = page.config().get("table.include.list");
    String query = page.config().get("heartbeat.action.query");
    return new Connector(prefix, page.config())
        .with(
            Map.of(
                "database.hostname",
                "127.0.0.1",
                "database.port",
                Integer.toString(sandbox.postgres().port()),
                "database.user",
                sandbox.postgres().user(),
                "database.password",
                "unused",
                "database.dbname",
                "postgres",
                "topic.prefix",
                prefix,
                "slot.name",
                prefix,
                "publication.name",
                prefix))
        .with(
            Map.of(
                "table.include.list",
                list.replace("public.users", String.join(",", tables)),
                "heartbeat.action.query",
                query.replace("'shop'", "'" + prefix + "'"),
                "topic.creation.default.replication.factor",
                "1",
                "topic.creation.default.partitions",
                "3"));
  }

  /** The first block of a language. */
  static String block(String language) throws IOException {
    return Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
        .matcher(Files.readString(PAGE))
        .results()
        .map((MatchResult block) -> block.group(1))
        .findFirst()
        .orElseThrow();
  }
}
