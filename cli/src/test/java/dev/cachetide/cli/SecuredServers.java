package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.sandbox.Certificates;
import dev.cachetide.sandbox.KafkaListener;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.sandbox.SandboxPostgres;
import dev.cachetide.sandbox.SandboxRedis;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Servers as docs/security.md has them, the files that it names, and servers beside them that are
 * as they should not be. The good ones' certificates are for localhost, not for 127.0.0.1.
 */
final class SecuredServers implements AutoCloseable {

  static final String SECRET = "s3cret-canary-";

  private static final Path PAGES = Path.of("..", "docs");
  private static final Pattern YAML = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);
  private static final Pattern ACL = Pattern.compile("ACL SETUSER cachetide on >… (.*)");
  private static final Pattern FOR_WRITES =
      Pattern.compile("Tables under `writes` also need `([^`]*)`");
  private static final Pattern FOR_REFRESHES =
      Pattern.compile("Rules with `refresh` also need `([^`]*)`");
  private static final String USER = "cachetide";
  private static final String HOST = "localhost";

  final KafkaListener scram;
  final KafkaListener mutual;
  final KafkaListener expiredBroker;
  final Sandbox good;
  final SandboxPostgres plainPostgres;
  final SandboxPostgres expiredPostgres;
  final SandboxRedis expiredRedis;
  private final Path directory;

  SecuredServers(Path directory) throws Exception {
    this.directory = directory;
    Certificates ours = Certificates.in(directory.resolve("ours"));
    Certificates.Issued server = ours.server("server", HOST);
    Certificates.Issued expired = ours.expired("expired", HOST);
    Path tls = Files.createDirectories(directory.resolve("tls"));
    Files.copy(ours.authority(), tls.resolve("ca.crt"));
    Files.copy(ours.client(USER).both(), tls.resolve("cachetide.pem"));
    Files.copy(Certificates.in(directory.resolve("theirs")).authority(), tls.resolve("theirs.crt"));
    secrets("cachetide.properties", "right");
    secrets("wrong.properties", "wrong");
    scram = KafkaListener.scram("SCRAM", server, USER, SECRET + "right");
    mutual = KafkaListener.mutualTls("MUTUAL", server, ours.authority());
    expiredBroker = KafkaListener.tls("EXPIRED", expired);
    String[] rules = acl();
    good =
        Sandbox.builder()
            .postgres(each -> each.tls(server))
            .kafka(each -> each.listener(scram).listener(mutual).listener(expiredBroker))
            .redis(
                each ->
                    each.user(USER, SECRET + "right", rules)
                        .user("default", SECRET + "default")
                        .tls(ours.authority(), server))
            .start();
    expiredPostgres = SandboxPostgres.builder().tls(expired).start();
    plainPostgres = SandboxPostgres.builder().start();
    expiredRedis = SandboxRedis.builder().tls(ours.authority(), expired).start();
    try (Connection connection = good.postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE ROLE cachetide LOGIN REPLICATION PASSWORD '" + SECRET + "right'");
      statement.execute("GRANT CREATE ON DATABASE postgres TO cachetide");
      statement.execute("CREATE TABLE users (id int PRIMARY KEY, email text)");
      statement.execute("ALTER TABLE users OWNER TO cachetide");
      statement.execute("INSERT INTO users VALUES (1, 'a'), (2, 'b')");
    }
  }

  private void secrets(String file, String value) throws Exception {
    Path run = Files.createDirectories(directory.resolve("run"));
    String secret = SECRET + value;
    Files.writeString(
        run.resolve(file), "postgres=" + secret + "\nkafka=" + secret + "\nredis=" + secret + "\n");
  }

  /** What operations.md gives a user, for a pipeline with writes and refreshes. */
  private static String[] acl() throws Exception {
    String page = Files.readString(PAGES.resolve("operations.md"));
    return String.join(" ", first(ACL, page), first(FOR_WRITES, page), first(FOR_REFRESHES, page))
        .split(" ", -1);
  }

  private static String first(Pattern pattern, String page) {
    return pattern.matcher(page).results().findFirst().orElseThrow().group(1).strip();
  }

  /** The page's first configuration for these servers. */
  String scramYaml() throws Exception {
    return here(blocks().get(0));
  }

  /** The same with the page's section for certificates on both sides. */
  String mutualYaml() throws Exception {
    List<String> blocks = blocks();
    return here(
        blocks.get(0).replaceAll("(?s)kafka:\n.*?(?=redis:)", blocks.get(1).replace("$", "\\$")));
  }

  /** Replaces what must be there. */
  static String with(String yaml, String... pairs) {
    String changed = yaml;
    for (int i = 0; i < pairs.length; i += 2) {
      assertThat(changed).contains(pairs[i]);
      changed = changed.replace(pairs[i], pairs[i + 1]);
    }
    return changed;
  }

  private String here(String yaml) {
    String here =
        with(
            yaml,
            "db.example.com:5432/shop",
            HOST + ":" + good.postgres().port() + "/postgres",
            "cache.example.com:6380",
            HOST + ":" + good.redis().tlsPort(),
            "/etc/cachetide/tls",
            directory.resolve("tls").toString(),
            "/run/secrets",
            directory.resolve("run").toString());
    for (Map.Entry<String, KafkaListener> each :
        Map.of("broker.example.com:9093", scram, "broker.example.com:9094", mutual).entrySet()) {
      here = here.replace(each.getKey(), each.getValue().bootstrapServers());
    }
    return here
        + """
        http: { port: 0 }
        rules:
          - name: users
            source: { table: users }
            evict: [ { key: "user:{id}" } ]
            refresh: [ { key: "user:mirror:{id}", mode: mirror, columns: [id, email], ttl: 1h } ]
        writes:
          - { table: users, key: [id] }
        """;
  }

  private static List<String> blocks() throws Exception {
    return YAML.matcher(Files.readString(PAGES.resolve("security.md")))
        .results()
        .map(SecuredServers::text)
        .toList();
  }

  private static String text(MatchResult block) {
    return block.group(1);
  }

  @Override
  public void close() {
    expiredRedis.close();
    plainPostgres.close();
    expiredPostgres.close();
    good.close();
  }
}
