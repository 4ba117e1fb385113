package dev.cachetide.sandbox;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A loopback port before a Postgres that reads along: it sees every COMMIT go by and every answer
 * to one, and does what it was told at that very moment. Needs nothing in the program that commits.
 *
 * <p>Understands protocol 3 without TLS. Safe for use from any thread.
 */
public final class CommitProxy implements AutoCloseable {
  private static final int CONNECT_TIMEOUT_MILLIS = 5_000;

  private final int port = FreePorts.next();
  private final int targetPort;
  private final ServerSocket listener;
  private final Set<CommitConnection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicReference<@Nullable Trap> armed = new AtomicReference<>();
  private final AtomicLong commits = new AtomicLong();

  private CommitProxy(int targetPort) throws IOException {
    this.targetPort = targetPort;
    listener = new ServerSocket();
    listener.setReuseAddress(true);
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    daemon("accept", this::acceptAll);
  }

  /**
   * Listens on a free port and forwards to a Postgres, which need not be up yet.
   *
   * @throws SandboxException when it cannot listen
   */
  public static CommitProxy to(int targetPort) {
    try {
      return new CommitProxy(targetPort);
    } catch (IOException e) {
      throw new SandboxException("no port to listen on before Postgres", e);
    }
  }

  /** Where clients connect. */
  public int port() {
    return port;
  }

  /** How many COMMITs have been seen. */
  public long commits() {
    return commits.get();
  }

  /**
   * Waits for a COMMIT, once; takes the place of a trap that has not been sprung. While {@code act}
   * runs, on a thread of the proxy, the connection stands still at {@code point}.
   *
   * @param nth 1 for the next COMMIT that is sent
   * @param then what becomes of the connection after {@code act}
   */
  public void trap(Point point, int nth, Then then, Runnable act) {
    armed.set(new Trap(point, commits.get() + nth, then, act));
  }

  /** Takes the trap away; false when there is none, or it is being sprung already. */
  public boolean disarm() {
    return armed.getAndSet(null) != null;
  }

  /** Resets every connection and listens no more. */
  @Override
  public void close() {
    armed.set(null);
    try {
      listener.close();
    } catch (IOException e) {
      throw new SandboxException("proxy cannot stop listening on port " + port, e);
    } finally {
      List.copyOf(connections).forEach(CommitConnection::reset);
    }
  }

  /** A COMMIT is on its way to the server; the trap that waits for it, which it takes along. */
  @Nullable Trap commit() {
    long number = commits.incrementAndGet();
    Trap trap = armed.get();
    return trap != null && number >= trap.number() && armed.compareAndSet(trap, null) ? trap : null;
  }

  private void acceptAll() {
    try {
      while (true) {
        Socket client = listener.accept();
        daemon("connect", () -> connect(client));
      }
    } catch (IOException e) {
      // closed
      return;
    }
  }

  private void connect(Socket client) {
    Socket server = new Socket();
    CommitConnection connection = new CommitConnection(client, server, this, connections::remove);
    try {
      server.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort),
          CONNECT_TIMEOUT_MILLIS);
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
    } catch (IOException e) {
      // the server is away, and the client is to see what it would see without us
      connection.reset();
      return;
    }
    connections.add(connection);
    if (listener.isClosed()) {
      connection.reset();
      return;
    }
    daemon("requests", connection::requests);
    daemon("answers", connection::answers);
  }

  private void daemon(String role, Runnable work) {
    Thread thread = new Thread(work, "commit-proxy-" + port + "-" + role);
    thread.setDaemon(true);
    thread.start();
  }

  /** Where in a commit. */
  public enum Point {
    /** The client has sent COMMIT, the server has not seen it. */
    BEFORE,
    /** The server has been sent COMMIT a moment ago; whether it has committed is open. */
    INSIDE,
    /** The server has said that it has committed, and the client has not heard it. */
    AFTER
  }

  /** What becomes of the connection. */
  public enum Then {
    /** Both sides see a reset; what was held is never passed on. */
    CUT,
    /** What was held is passed on. */
    GO_ON
  }

  /** Something to be done at a COMMIT. */
  record Trap(Point point, long number, Then then, Runnable act) {}
}
