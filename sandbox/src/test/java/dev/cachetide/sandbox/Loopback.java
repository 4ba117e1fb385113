package dev.cachetide.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;

/** Asserts where a server listens. */
final class Loopback {
  private static final byte[] ITS_ADDRESS = {127, 0, 0, 1};

  /** The whole of 127/8 is loopback: a server bound to every address would answer here. */
  private static final byte[] ANOTHER_ADDRESS = {127, 0, 0, 2};

  private Loopback() {}

  static void assertOnlyThere(SandboxServer server) throws IOException {
    assertOnlyThere(server.port());
  }

  static void assertOnlyThere(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getByAddress(ITS_ADDRESS), port)) {
      assertThat(socket.isConnected()).isTrue();
    }
    InetAddress another = InetAddress.getByAddress(ANOTHER_ADDRESS);
    assertThatThrownBy(() -> new Socket(another, port).close()).isInstanceOf(IOException.class);
  }
}
