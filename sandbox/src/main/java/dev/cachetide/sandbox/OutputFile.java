package dev.cachetide.sandbox;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What one process writes to a file that others may have written to before. */
final class OutputFile {
  private final Path path;
  private final long begin;

  private OutputFile(Path path, long begin) {
    this.path = path;
    this.begin = begin;
  }

  /** What will be appended from now on. */
  static OutputFile fromItsEnd(Path path) {
    try {
      return new OutputFile(path, Files.exists(path) ? Files.size(path) : 0);
    } catch (IOException e) {
      throw new SandboxException(path + " is unreadable", e);
    }
  }

  Path path() {
    return path;
  }

  String text() {
    return new String(readFrom(begin), StandardCharsets.UTF_8);
  }

  /** Looks for the first whole line that contains the text. */
  Search search(String text) {
    return new Search(text);
  }

  void delete() {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw new SandboxException(path + " could not be deleted", e);
    }
  }

  private byte[] readFrom(long position) {
    try (SeekableByteChannel channel = Files.newByteChannel(path);
        InputStream stream = Channels.newInputStream(channel.position(position))) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new SandboxException(path + " is unreadable", e);
    }
  }

  /**
   * Reads on where the last look ended, so that looking often stays cheap. One thread at a time.
   */
  final class Search {
    private final String text;
    private final ByteArrayOutputStream unfinished = new ByteArrayOutputStream();
    private long position = begin;
    private String line = "";

    private Search(String text) {
      this.text = text;
    }

    /** Whether the line is there now. */
    boolean found() {
      if (!line.isEmpty()) {
        return true;
      }
      byte[] more = readFrom(position);
      position += more.length;
      for (byte each : more) {
        if (each != '\n') {
          unfinished.write(each);
        } else if (endsLineWithText()) {
          return true;
        }
      }
      return false;
    }

    /** The line; empty as long as it was not found. */
    String line() {
      return line;
    }

    private boolean endsLineWithText() {
      String whole = unfinished.toString(StandardCharsets.UTF_8);
      unfinished.reset();
      if (whole.contains(text)) {
        line = whole;
        return true;
      }
      return false;
    }
  }
}
