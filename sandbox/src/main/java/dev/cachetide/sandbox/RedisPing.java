package dev.cachetide.sandbox;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Asks a Redis whether it serves; while it loads its dump it does not. */
final class RedisPing {
  private static final int TIMEOUT_MILLIS = 1_000;
  private static final byte[] PING = "PING\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final String PONG = "+PONG";

  private RedisPing() {}

  static boolean answers(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.getOutputStream().write(PING);
      byte[] reply = socket.getInputStream().readNBytes(PONG.length());
      return new String(reply, StandardCharsets.US_ASCII).equals(PONG);
    } catch (IOException e) {
      // Not listening yet: the caller asks again until its limit.
      return false;
    }
  }
}
