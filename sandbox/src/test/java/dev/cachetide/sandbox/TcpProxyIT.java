package dev.cachetide.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TcpProxyIT {
  private static final int SOON_MILLIS = 200;
  private static final int PATIENCE_MILLIS = 5_000;

  private ServerSocket target;
  private TcpProxy proxy;

  @BeforeEach
  void open() throws IOException {
    target = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    target.setSoTimeout(PATIENCE_MILLIS);
    proxy = TcpProxy.to(target.getLocalPort());
  }

  @AfterEach
  void close() throws IOException {
    proxy.close();
    target.close();
  }

  @Test
  void bytes_pass_in_both_directions_and_an_orderly_end_does_too() throws Exception {
    try (Socket client = connect();
        Socket server = target.accept()) {
      client.getOutputStream().write(1);
      assertThat(server.getInputStream().read()).isEqualTo(1);
      client.shutdownOutput();
      assertThat(server.getInputStream().read()).isEqualTo(-1);
      server.getOutputStream().write(2);
      assertThat(client.getInputStream().read()).isEqualTo(2);
      server.shutdownOutput();
      assertThat(client.getInputStream().read()).isEqualTo(-1);
    }
    await().until(() -> proxy.connections() == 0);
  }

  @Test
  void a_cut_resets_what_is_open_and_refuses_what_is_new_until_restored() throws Exception {
    try (Socket client = connect();
        Socket server = target.accept()) {
      client.getOutputStream().write(1);
      assertThat(server.getInputStream().read()).isEqualTo(1);
      proxy.cut();
      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> server.getInputStream().read()).isInstanceOf(IOException.class);
      assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
    }
    proxy.restore();
    try (Socket client = connect();
        Socket server = target.accept()) {
      server.getOutputStream().write(3);
      assertThat(client.getInputStream().read()).isEqualTo(3);
    }
  }

  @Test
  void a_hold_accepts_and_passes_nothing_until_restored() throws Exception {
    proxy.hold();
    try (Socket client = connect();
        Socket server = target.accept()) {
      client.getOutputStream().write(1);
      server.setSoTimeout(SOON_MILLIS);
      assertThatThrownBy(() -> server.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
      proxy.restore();
      server.setSoTimeout(PATIENCE_MILLIS);
      assertThat(server.getInputStream().read()).isEqualTo(1);
    }
  }

  @Test
  void a_cut_during_a_hold_drops_what_was_held() throws Exception {
    proxy.hold();
    try (Socket client = connect();
        Socket server = target.accept()) {
      client.getOutputStream().write(1);
      proxy.cut();
      server.setSoTimeout(PATIENCE_MILLIS);
      assertThatThrownBy(() -> server.getInputStream().read()).isInstanceOf(IOException.class);
    }
  }

  @Test
  void a_target_that_is_away_looks_like_a_lost_connection() throws Exception {
    target.close();
    try (Socket client = connect()) {
      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(IOException.class);
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }
}
