package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.cli.look.KafkaFacts;
import dev.cachetide.cli.look.PostgresFacts;
import dev.cachetide.cli.look.PostgresFacts.Epoch;
import dev.cachetide.cli.look.PostgresFacts.Generation;
import dev.cachetide.cli.look.PostgresFacts.Slot;
import dev.cachetide.cli.look.PostgresFacts.Tables;
import dev.cachetide.cli.look.PostgresFacts.Writes;
import dev.cachetide.cli.look.Source.Seen;
import dev.cachetide.cli.look.WorkerFacts;
import dev.cachetide.ingest.IngestSessions.Session;
import dev.cachetide.invalidation.RedisSigns;
import dev.cachetide.runtime.GroupLag.Group;
import dev.cachetide.runtime.GroupLag.Member;
import dev.cachetide.runtime.GroupLag.PartitionLag;
import dev.cachetide.runtime.postgres.Pause;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.wire.ChannelMessage.Beat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
final class StatusTextTest {

  private static final Instant AT = Instant.parse("2026-01-01T10:00:00Z");
  private static final Beat BEAT = new Beat(3, Set.of("c0ffee"), Map.of("t/0", 1L), 7, 0);
  private static final RedisSigns SIGNS =
      new RedisSigns(Set.of("c0ffee"), AT.minusMillis(800), BEAT, true);

  @TempDir private Path directory;
  private PipelineSettings settings;

  @BeforeEach
  void load() throws Exception {
    Path file =
        Files.writeString(directory.resolve("shop.yaml"), "pipeline: shop\nhttp: { port: 0 }\n");
    settings =
        Configuration.load(file, EnumSet.noneOf(dev.cachetide.runtime.settings.Section.class));
  }

  @Test
  void all_of_a_pipeline_lines_up() {
    List<String> lines = StatusText.of(picture(postgres(), kafka(), SIGNS, 1L));

    assertThat(String.join("\n", lines))
        .isEqualTo(
            """
            pipeline shop, 2026-01-01T10:00:00Z

            Roles
              ROLE          STATE   ACTIVE  STANDBY  LAG  SECONDS
              ingest        reads        1        1    -        -
              invalidate    reads        1        1   33     12.4
              write-behind  paused       1        0    0      0.0

            Members
              ROLE          MEMBER        HOST       OWNS
              ingest        session 4711  10.0.0.5   cachetide_shop
              ingest        session 4712  -          -
              invalidate    3f2a91bc      /10.0.0.7  shop.orders 0, shop.users 0-2 4
              invalidate    77aa0011      /10.0.0.8  -
              write-behind  90ab12cd      /10.0.0.7  shop.writes 0-1

            Postgres
              slot          cachetide_shop, is read
              WAL           reserved: 16.0 MiB kept; confirmed up to 0/1A2B3C4, 700 B behind
              generation    3, 2026-01-01T09:00:00Z: resumed
              epochs        shop.writes 0:4 1:5
              dead letters  2 writes, 1 event
              conflicts     0
              gate          in ingest; how long it waits is not known: --metrics tells

            Redis
              believed    yes
              certified   yes: run id c0ffee
              generation  3, as the workers tell
              canary      0.8 s old

            Paused
              PAUSED  NAME          SINCE                 BY   CACHES  REASON
              role    write-behind  2026-01-01T09:30:00Z  ada  -       migration""");
  }

  @Test
  void nothing_that_is_not_known_is_shown_as_a_number_and_each_reason_is_told() {
    String text = String.join("\n", StatusText.of(picture(null, null, null, null)));

    assertThat(text)
        .contains("\nPostgres away\nKafka away\nRedis away\n")
        .containsPattern("ingest +not known +\\? +\\? +- +-")
        .containsPattern("invalidate +not known +\\? +\\? +\\? +\\?")
        .contains("Postgres\n  not known\n", "Redis\n  not known\n", "Paused\n  not known")
        .doesNotContainPattern("\\b0\\b(?!\\d*[-:])(?!0:)");
  }

  @Test
  void why_redis_is_not_believed_is_told() {
    assertThat(believed(new RedisSigns(Set.of("c0ffee"), null, null, false)))
        .contains("believed    no: no worker beats", "canary      none has come through yet");
    assertThat(believed(new RedisSigns(Set.of("dead"), AT.minusSeconds(60), BEAT, false)))
        .contains(
            "believed    no: the workers do not certify this start of it",
            "certified   no: run id dead",
            "canary      60.0 s old, late");
    assertThat(believed(new RedisSigns(Set.of("c0ffee"), AT, BEAT, false)))
        .contains("believed    no: not every worker certifies it yet");
  }

  private String believed(RedisSigns signs) {
    return String.join("\n", StatusText.of(picture(postgres(), kafka(), signs, 0L)));
  }

  @Test
  void a_pipeline_that_never_ran_is_no_riddle() {
    PostgresFacts none = new PostgresFacts(null, List.of(), null);
    KafkaFacts empty =
        new KafkaFacts(AT, Map.of("shop.invalidate", new Group(List.of(), List.of())));

    assertThat(String.join("\n", StatusText.of(picture(none, empty, SIGNS, 0L))))
        .containsPattern("ingest +nobody +0 +0")
        .containsPattern("invalidate +nobody +0 +0 +0 +\\?")
        .doesNotContain("write-behind")
        .contains("there is no cachetide_shop", "has not made Cachetide's tables yet");
  }

  private StatusPicture picture(
      @Nullable PostgresFacts postgres,
      @Nullable KafkaFacts kafka,
      @Nullable RedisSigns redis,
      @Nullable Long letters) {
    return new StatusPicture(
        settings,
        AT,
        seen(postgres, "Postgres away"),
        seen(kafka, "Kafka away"),
        seen(redis, "Redis away"),
        new Seen<>(new WorkerFacts(List.of()), null, AT),
        seen(letters, "no letters"),
        Set.of());
  }

  private static <T> Seen<T> seen(@Nullable T value, String problem) {
    return new Seen<>(value, value == null ? problem : null, AT);
  }

  private static PostgresFacts postgres() {
    return new PostgresFacts(
        new Slot("cachetide_shop", true, "reserved", "0/1A2B3C4", 700L, 16L << 20, null),
        List.of(new Session(4711, "10.0.0.5", true), new Session(4712, null, false)),
        new Tables(
            List.of(new Generation("*", 3, "resumed", AT.minusSeconds(3_600))),
            Set.of("c0ffee"),
            List.of(
                new Pause(
                    Pause.What.ROLE,
                    "write-behind",
                    false,
                    "migration",
                    "ada",
                    AT.minusSeconds(1_800))),
            new Writes(
                2,
                0,
                List.of(),
                List.of(new Epoch("shop.writes", 0, 4, 9), new Epoch("shop.writes", 1, 5, 7)))));
  }

  private static KafkaFacts kafka() {
    PartitionLag behind = new PartitionLag("shop.users", 0, 98L, 131, 33, 12.44, "c", "/10.0.0.7");
    PartitionLag written = new PartitionLag("shop.writes", 0, 9L, 9, 0, 0.0, "w", "/10.0.0.7");
    return new KafkaFacts(
        AT,
        Map.of(
            "shop.invalidate",
            new Group(
                List.of(behind),
                List.of(
                    new Member(
                        "shop.invalidate-3f2a91bc-1",
                        "shop.invalidate",
                        "/10.0.0.7",
                        List.of(
                            new TopicPartition("shop.orders", 0),
                            new TopicPartition("shop.users", 0),
                            new TopicPartition("shop.users", 1),
                            new TopicPartition("shop.users", 2),
                            new TopicPartition("shop.users", 4))),
                    new Member(
                        "shop.invalidate-77aa0011-2", "shop.invalidate", "/10.0.0.8", List.of()))),
            "shop.write-behind",
            new Group(
                List.of(written),
                List.of(
                    new Member(
                        "w-90ab12cd-3",
                        "w",
                        "/10.0.0.7",
                        IntStream.range(0, 2)
                            .mapToObj(each -> new TopicPartition("shop.writes", each))
                            .toList())))));
  }
}
