package dev.cachetide.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** How full the heap of a child JVM was, as its collector wrote it down. */
final class HeapLog {

  /** {@code Pause Full (Ergonomics) 136M->12M(494M) 5.2ms}. */
  private static final Pattern PAUSE =
      Pattern.compile("Pause (\\w+).* (\\d+)M->(\\d+)M\\(\\d+M\\)");

  private final Path file;

  HeapLog(Path directory, String role) throws IOException {
    file = Files.createTempFile(directory, role, ".gc");
  }

  /** A child with this much heap, which ends when that is not enough. */
  List<String> options(int megabytes) {
    return List.of(
        "-Xmx" + megabytes + "m",
        "-XX:TieredStopAtLevel=4",
        "-XX:+ExitOnOutOfMemoryError",
        "-Xlog:gc:file=" + file);
  }

  /** The most megabytes before a collection, garbage and all. */
  int peak() throws IOException {
    return most(2, "");
  }

  /** The most megabytes that were left by a collection; of everything that is old as well. */
  int live() throws IOException {
    return most(3, "");
  }

  /** The same, by collections of the whole heap alone; 0 when none was needed. */
  int liveAfterFull() throws IOException {
    return most(3, "Full");
  }

  private int most(int group, String kind) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .map(PAUSE::matcher)
          .filter(Matcher::find)
          .filter(pause -> pause.group(1).startsWith(kind))
          .mapToInt(pause -> Integer.parseInt(pause.group(group)))
          .max()
          .orElse(0);
    }
  }
}
