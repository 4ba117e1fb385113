package dev.cachetide.internal.fenced;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class EntryTest {

  private static final int CONTENTS = 2_000;
  private static final int RANDOM_BYTES = 100_000;

  private final long seed = Seeds.first();
  private final Random random = new Random(seed);

  @Test
  void a_value_reads_as_it_was_written() {
    for (int round = 0; round < CONTENTS; round++) {
      Content content = content();
      byte[] stamp = Seeds.bytes(random, Layout.TOKEN_LENGTH);
      long micros = random.nextLong(1L << 32);
      byte[] bytes = content.value(Origin.load(micros, random.nextLong(), -1), stamp);
      Entry entry = Entry.parse(bytes);
      assertThat(entry).as(seed()).isInstanceOf(Entry.Value.class);
      Entry.Value value = (Entry.Value) entry;
      agrees(content, bytes, value.header(), value.body());
      assertThat(value.stamp()).as(seed()).isEqualTo(stamp);
      assertThat(value.loadMicros()).as(seed()).isEqualTo(micros);
    }
  }

  @Test
  void a_dirty_entry_reads_as_it_was_written() {
    for (int round = 0; round < CONTENTS; round++) {
      Content content = content();
      byte[] bytes =
          content.dirty(
              random.nextInt(), random.nextLong(), Seeds.bytes(random, Layout.TOKEN_LENGTH));
      Entry entry = Entry.parse(bytes);
      assertThat(entry).as(seed()).isInstanceOf(Entry.Dirty.class);
      agrees(content, bytes, ((Entry.Dirty) entry).header(), ((Entry.Dirty) entry).body());
    }
  }

  private void agrees(Content content, byte[] bytes, Entry.Header header, Entry.Body body) {
    byte[] payload = content.payload() == null ? new byte[0] : content.payload();
    assertThat(Arrays.copyOfRange(bytes, body.offset(), bytes.length))
        .as(seed())
        .isEqualTo(payload);
    assertThat(body.schema()).as(seed()).isEqualTo(content.schema());
    assertThat(body.tags()).as(seed()).isEqualTo(content.tags());
    assertThat(header.negative()).as(seed()).isEqualTo(content.payload() == null);
    assertThat(header.compressed()).as(seed()).isEqualTo(content.compressed());
    assertThat(header.generation()).as(seed()).isEqualTo(content.generation());
    assertThat(header.filledAt()).as(seed()).isEqualTo(content.filledAt());
    assertThat(header.expiresAt()).as(seed()).isEqualTo(content.expiresAt());
  }

  @Test
  void what_is_cut_short_within_the_header_or_the_tags_is_a_miss_and_never_an_exception() {
    for (int round = 0; round < CONTENTS / 10; round++) {
      byte[] whole = entry();
      int payload = payloadOffset(whole);
      for (int length = 0; length < whole.length; length++) {
        Entry entry = Entry.parse(Arrays.copyOf(whole, length));
        assertThat(entry == null).as(seed()).isEqualTo(length < payload);
      }
    }
  }

  @Test
  void another_first_byte_is_a_miss_or_an_entry_of_that_kind() {
    for (int round = 0; round < CONTENTS / 10; round++) {
      byte[] bytes = entry();
      for (int first = Byte.MIN_VALUE; first <= Byte.MAX_VALUE; first++) {
        bytes[0] = (byte) first;
        Entry entry = Entry.parse(bytes);
        if (first != 'L' && first != 'V' && first != 'D') {
          assertThat(entry).as(seed()).isNull();
        }
      }
    }
  }

  @Test
  void random_bytes_are_a_miss_or_an_entry_within_their_bounds_and_never_an_exception() {
    byte[] kinds = {'L', 'V', 'D'};
    for (int round = 0; round < RANDOM_BYTES; round++) {
      byte[] bytes = Seeds.bytes(random, random.nextInt(200));
      if (bytes.length > 0 && random.nextInt(10) > 0) {
        bytes[0] = kinds[random.nextInt(kinds.length)];
      }
      Entry entry = Entry.parse(bytes);
      if (entry instanceof Entry.Value value) {
        assertThat(value.body().offset()).as(seed()).isBetween(82, bytes.length);
        assertThat(value.stamp()).as(seed()).hasSize(Layout.TOKEN_LENGTH);
        assertThat(value.loadMicros()).as(seed()).isNotNegative();
      } else if (entry instanceof Entry.Dirty dirty) {
        assertThat(dirty.body().offset()).as(seed()).isBetween(62, bytes.length);
      }
    }
  }

  @Test
  void only_what_has_a_leases_length_is_a_lease() {
    String text = "Lorem ipsum dolor sit amet";
    for (int length = 0; length <= text.length(); length++) {
      byte[] bytes = text.substring(0, length).getBytes(StandardCharsets.US_ASCII);
      assertThat(Entry.parse(bytes) != null).isEqualTo(length == 17);
    }
    byte[] writers = Arrays.copyOf(text.getBytes(StandardCharsets.US_ASCII), 18);
    writers[17] = 'W';
    assertThat(Entry.parse(writers)).isInstanceOf(Entry.Lease.class);
  }

  @Test
  void absent_is_a_miss() {
    assertThat(Entry.parse(null)).isNull();
    assertThat(Entry.parse(new byte[0])).isNull();
  }

  @Test
  void more_tags_than_a_byte_counts_and_stamps_of_another_length_are_refused() {
    Map<String, String> tags = new HashMap<>();
    for (int tag = 0; tag <= Content.MOST_TAGS; tag++) {
      tags.put("tag" + tag, "0123456789abcdef");
    }
    assertThatThrownBy(() -> tagged(tags)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> tagged(Map.of("tag", "short")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> tagged(Map.of("é".repeat(32_768), "0123456789abcdef")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void the_longest_tag_and_the_most_tags_are_kept() {
    Map<String, String> tags = new HashMap<>();
    tags.put("x".repeat(0xFFFF), "0123456789abcdef");
    for (int tag = 1; tag < Content.MOST_TAGS; tag++) {
      tags.put("tag" + tag, "0123456789abcdef");
    }
    Entry entry = Entry.parse(tagged(tags).value(Origin.load(0), new byte[Layout.TOKEN_LENGTH]));
    assertThat(((Entry.Value) entry).body().tags()).isEqualTo(tags);
  }

  private static Content tagged(Map<String, String> tags) {
    return new Content(null, false, 0, 0, 0, 0, tags);
  }

  private byte[] entry() {
    return random.nextBoolean()
        ? content().value(Origin.event(random.nextLong(), 1), Seeds.bytes(random, 16))
        : content().dirty(1, random.nextLong(), Seeds.bytes(random, 16));
  }

  private static int payloadOffset(byte[] bytes) {
    Entry entry = Entry.parse(bytes);
    return entry instanceof Entry.Value value
        ? value.body().offset()
        : ((Entry.Dirty) entry).body().offset();
  }

  private Content content() {
    Map<String, String> tags = new HashMap<>();
    for (int count = random.nextBoolean() ? 0 : random.nextInt(5); count > 0; count--) {
      tags.put("täg🌊".repeat(random.nextInt(3)) + count, stamp());
    }
    return new Content(
        random.nextInt(5) == 0 ? null : Seeds.bytes(random, random.nextInt(40)),
        random.nextBoolean(),
        random.nextInt(),
        random.nextInt(),
        random.nextLong(),
        random.nextLong(),
        tags);
  }

  private String stamp() {
    return String.format("%016x", random.nextLong());
  }

  private String seed() {
    return "-Dseed=" + seed;
  }
}
