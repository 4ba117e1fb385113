package dev.cachetide.sandbox;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Hands out loopback ports nobody listens on.
 *
 * <p>They lie below the range from which operating systems number outgoing connections. A port of
 * that range could be taken by a client while its server is stopped, and a client that reconnects
 * in a loop to such a port can even end up connected to itself. No port is handed out twice by one
 * JVM.
 */
public final class FreePorts {
  private static final int LOWEST = 18_000;
  private static final int HIGHEST = 32_000;
  private static final int ATTEMPTS = 1_000;
  private static final Set<Integer> HANDED_OUT = ConcurrentHashMap.newKeySet();

  private FreePorts() {}

  /**
   * A port that was free a moment ago.
   *
   * @throws SandboxException when none is found
   */
  public static int next() {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
      if (HANDED_OUT.add(port) && isFree(port)) {
        return port;
      }
    }
    throw new SandboxException("no free loopback port between " + LOWEST + " and " + HIGHEST);
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      // In use: the caller draws another one.
      return false;
    }
  }
}
