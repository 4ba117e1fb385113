package dev.cachetide.sandbox;

import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Two sockets and the two directions between them. */
final class ProxiedConnection {
  private static final int BUFFER_BYTES = 16 * 1024;

  private final Socket client;
  private final Socket target;
  private final Runnable gate;
  private final Consumer<ProxiedConnection> whenClosed;
  private final AtomicInteger openDirections = new AtomicInteger(2);

  /**
   * @param gate returns when bytes may pass
   * @param whenClosed called once or more when neither direction is open
   */
  ProxiedConnection(
      Socket client, Socket target, Runnable gate, Consumer<ProxiedConnection> whenClosed) {
    this.client = client;
    this.target = target;
    this.gate = gate;
    this.whenClosed = whenClosed;
  }

  /** One for each direction; each runs until its direction ends. */
  List<Runnable> pumps() {
    return List.of(() -> pump(client, target), () -> pump(target, client));
  }

  /** Closes both sides the hard way, so that each sees a reset and not an orderly end. */
  void reset() {
    closeHard(client);
    closeHard(target);
    whenClosed.accept(this);
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      for (int read = from.getInputStream().read(buffer);
          read >= 0;
          read = from.getInputStream().read(buffer)) {
        gate.run();
        to.getOutputStream().write(buffer, 0, read);
      }
      gate.run();
      to.shutdownOutput();
      if (openDirections.decrementAndGet() == 0) {
        from.close();
        to.close();
        whenClosed.accept(this);
      }
    } catch (IOException e) {
      // One side is gone; the other learns of it by a reset.
      reset();
    }
  }

  private static void closeHard(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      // Already closed, which is what is wanted.
      return;
    }
    try {
      socket.close();
    } catch (IOException e) {
      throw new SandboxException("a proxied socket cannot be closed", e);
    }
  }
}
