package dev.cachetide.sandbox;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A connection for the sandbox's own questions, in RESP2. It is no client: one question at a time,
 * on loopback, each answered within a limit or failed.
 */
final class RedisConnection implements AutoCloseable {
  private static final Duration SOON = Duration.ofSeconds(1);

  private final Socket socket;
  private final InputStream replies;

  private RedisConnection(Socket socket) throws IOException {
    this.socket = socket;
    this.replies = new BufferedInputStream(socket.getInputStream());
  }

  /** As the server's default user, with a second's limit for each answer. */
  static RedisConnection open(int port) throws IOException {
    return open(port, SOON);
  }

  static RedisConnection open(int port, Duration limit) throws IOException {
    int limitMillis = Math.toIntExact(limit.toMillis());
    Socket socket = new Socket();
    try {
      socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), limitMillis);
      socket.setSoTimeout(limitMillis);
      return new RedisConnection(socket);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * The reply's strings and numbers in order, without the arrays around them; nothing for nil.
   *
   * @throws IOException when the server refuses, is silent or is gone
   */
  List<String> ask(String... words) throws IOException {
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    write(request, "*" + words.length);
    for (String word : words) {
      write(request, "$" + word.getBytes(StandardCharsets.UTF_8).length);
      write(request, word);
    }
    socket.getOutputStream().write(request.toByteArray());
    List<String> reply = new ArrayList<>();
    read(reply);
    return reply;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private static void write(ByteArrayOutputStream request, String line) {
    request.writeBytes((line + "\r\n").getBytes(StandardCharsets.UTF_8));
  }

  private void read(List<String> reply) throws IOException {
    int kind = replies.read();
    String line = line();
    switch (kind) {
      case '+', ':' -> reply.add(line);
      case '-' -> throw new IOException("redis refused: " + line);
      case '$' -> readText(Integer.parseInt(line), reply);
      case '*' -> {
        int elements = Integer.parseInt(line);
        for (int element = 0; element < elements; element++) {
          read(reply);
        }
      }
      default -> throw new IOException("not a redis reply");
    }
  }

  private void readText(int length, List<String> reply) throws IOException {
    if (length >= 0) {
      byte[] text = replies.readNBytes(length);
      line();
      reply.add(new String(text, StandardCharsets.UTF_8));
    }
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = replies.read(); next != '\n'; next = replies.read()) {
      if (next < 0) {
        throw new EOFException("redis closed the connection");
      }
      if (next != '\r') {
        line.write(next);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }
}
