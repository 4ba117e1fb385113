package dev.cachetide.cli.doctor;

import dev.cachetide.cli.doctor.Report.Check;
import dev.cachetide.invalidation.RedisFacts;
import dev.cachetide.invalidation.RedisFacts.Server;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.RefreshSettings;
import dev.cachetide.runtime.settings.RuleSettings;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What is looked at in Redis. Pure. */
final class RedisChecks {

  private static final int OLDEST = 7;

  private final PipelineSettings settings;
  private final @Nullable Set<String> certified;

  /**
   * @param certified run ids that Postgres notes; null when it did not tell
   */
  RedisChecks(PipelineSettings settings, @Nullable Set<String> certified) {
    this.settings = settings;
    this.certified = certified;
  }

  /** All of them; a new one is a line here. */
  List<Check<RedisFacts>> all() {
    return List.of(
        this::version,
        this::cluster,
        this::primary,
        this::memory,
        this::persistence,
        this::permissions,
        this::identity);
  }

  private void version(RedisFacts facts, Report report) {
    for (Server server : facts.servers()) {
      String major = server.version().split("\\.", 2)[0];
      if (!major.matches("[0-9]{1,4}") || Integer.parseInt(major) < OLDEST) {
        report.fail(
            "version",
            server.name() + ": Redis " + server.version() + " is older than " + OLDEST,
            "upgrade the server to Redis 7 or newer");
      } else {
        report.ok("version", server.name() + ": " + server.version());
      }
    }
  }

  private void cluster(RedisFacts facts, Report report) {
    boolean said = settings.redis() != null && settings.redis().cluster();
    if (facts.clustered() && !said) {
      report.fail(
          "cluster",
          "redis.url is a node of a cluster, and redis.cluster is not set",
          "redis: { cluster: true }");
    } else if (!facts.clustered() && said) {
      report.fail(
          "cluster",
          "redis.cluster is true, and redis.url is no node of a cluster",
          "redis: { cluster: false }");
    }
  }

  private void primary(RedisFacts facts, Report report) {
    for (Server server : facts.servers()) {
      if (server.replica()) {
        report.fail(
            "role",
            server.name() + " is a replica, where nothing can be evicted",
            "name the primary in redis.url, or Sentinels: redis-sentinel://host:26379#name");
      }
    }
  }

  /**
   * Absent is always safe for fenced entries: a lost lease refuses the fill, a lost stamp or
   * version makes its entries misses, a lost mark or dirty entry shows the database. Two things are
   * not caches: the member sets of plain tags, without which an entry that carries the tag stays,
   * and the positions of mirrored keys, without which an older image may be written.
   */
  private void memory(RedisFacts facts, Report report) {
    for (Server server : facts.servers()) {
      String policy = server.policy();
      String what = server.name() + ": maxmemory-policy " + policy;
      if (policy.equals("noeviction") && server.maxmemory() > 0) {
        report.warn(
            "memory",
            what
                + " with maxmemory "
                + server.maxmemory()
                + ": once it is full nothing is cached, and refreshes wait",
            set("maxmemory-policy", "volatile-lru"));
      } else if (!policy.equals("noeviction") && mirrors()) {
        report.warn(
            "memory",
            what + " may evict the positions of mirrored keys, after which an older image may win",
            set("maxmemory-policy", "noeviction"));
      } else if (policy.startsWith("allkeys") && evictsTags()) {
        report.warn(
            "memory",
            what
                + " may evict the member sets of tags, after which plain entries with the tag"
                + " stay until their TTL; fenced entries are safe",
            set("maxmemory-policy", "volatile-lru"));
      } else {
        report.ok("memory", what);
      }
    }
  }

  private void persistence(RedisFacts facts, Report report) {
    for (Server server : facts.servers()) {
      String rdb =
          server.save() == null ? "RDB not told" : server.save().isEmpty() ? "no RDB" : "RDB";
      boolean old = server.appendOnly() || server.save() == null || !server.save().isEmpty();
      report.ok(
          "persistence",
          server.name()
              + ": "
              + (server.appendOnly() ? "AOF, " : "no AOF, ")
              + rdb
              + (old
                  ? ": a restart brings evicted entries back, and everything is evicted then"
                  : ": a restart is empty"));
    }
  }

  private void permissions(RedisFacts facts, Report report) {
    if (facts.refused().isEmpty()) {
      report.ok("permissions", facts.user() + " may do what the worker does");
      return;
    }
    new TreeMap<>(facts.refused())
        .forEach(
            (what, reason) ->
                report.fail(
                    "permissions",
                    facts.user() + " is refused: " + reason,
                    "ACL SETUSER " + facts.user() + " " + rule(what, reason)));
  }

  private String rule(String what, String reason) {
    if (reason.contains("channel")) {
      return "&" + settings.names().invalidationChannel();
    }
    return what.startsWith("~") ? what : reason.contains("key") ? "~cachetide:*" : what;
  }

  private void identity(RedisFacts facts, Report report) {
    if (certified == null) {
      return;
    }
    Set<String> unknown = new TreeSet<>();
    facts.servers().forEach(server -> unknown.add(server.runId()));
    unknown.removeAll(certified);
    if (unknown.isEmpty()) {
      report.ok("identity", "this start of Redis is certified");
    } else if (certified.isEmpty()) {
      report.warn(
          "identity",
          "no start of Redis is certified yet: clients bypass it",
          "start a worker: cachetide run invalidate");
    } else {
      report.warn(
          "identity",
          "this start of Redis is not the one that is certified: clients bypass it until a worker"
              + " has evicted everything",
          "start a worker, or see why it does not get on: cachetide run invalidate");
    }
  }

  private boolean evictsTags() {
    return settings.rules().stream()
        .flatMap(rule -> rule.evict().stream())
        .anyMatch(each -> each.kind() == RuleSettings.Kind.TAG);
  }

  private boolean mirrors() {
    return settings.rules().stream()
        .flatMap(rule -> rule.refresh().stream())
        .anyMatch(each -> each.mode() == RefreshSettings.Mode.MIRROR);
  }

  private static String set(String name, String value) {
    return "CONFIG SET " + name + " " + value;
  }
}
