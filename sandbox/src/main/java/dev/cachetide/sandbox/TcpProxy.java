package dev.cachetide.sandbox;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A loopback port that forwards to another one, and the network faults to do to it: a connection
 * that breaks and a connection that goes silent. Safe for use from any thread.
 */
public final class TcpProxy implements AutoCloseable {
  private static final long ACCEPTOR_ENDS_WITHIN_MILLIS = 2_000;
  private static final int CONNECT_TIMEOUT_MILLIS = 5_000;

  private final int port;
  private final int targetPort;
  private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition released = lock.newCondition();
  private @Nullable ServerSocket listener;
  private @Nullable Thread acceptor;
  private boolean holding;

  private TcpProxy(int port, int targetPort) {
    this.port = port;
    this.targetPort = targetPort;
  }

  /**
   * Listens on a free port and forwards to the target, which need not be up yet.
   *
   * @throws SandboxException when it cannot listen
   */
  public static TcpProxy to(int targetPort) {
    TcpProxy proxy = new TcpProxy(FreePorts.next(), targetPort);
    proxy.restore();
    return proxy;
  }

  /** Where clients connect, the same for the proxy's whole life. */
  public int port() {
    return port;
  }

  /** How many connections are open through it. */
  public int connections() {
    return connections.size();
  }

  /** Resets every connection and refuses new ones, until {@link #restore()}. */
  public void cut() {
    lock.lock();
    try {
      closeListener();
      holding = false;
      released.signalAll();
      List.copyOf(connections).forEach(ProxiedConnection::reset);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Keeps connections open and accepts new ones, and lets no byte pass in either direction, until
   * {@link #restore()} passes on what was held or {@link #cut()} drops it. What is cut stays cut.
   */
  public void hold() {
    lock.lock();
    try {
      holding = true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends a cut or a hold.
   *
   * @throws SandboxException when the port cannot be listened on again
   */
  public void restore() {
    lock.lock();
    try {
      holding = false;
      released.signalAll();
      if (listener == null) {
        listener = listen();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Cuts for good. */
  @Override
  public void close() {
    cut();
  }

  private ServerSocket listen() {
    try {
      ServerSocket socket = new ServerSocket();
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      acceptor = daemon("accept", () -> acceptAll(socket));
      return socket;
    } catch (IOException e) {
      throw new SandboxException("proxy cannot listen on port " + port, e);
    }
  }

  private void closeListener() {
    if (listener != null) {
      try {
        listener.close();
        awaitAcceptor();
      } catch (IOException e) {
        throw new SandboxException("proxy cannot stop listening on port " + port, e);
      }
      listener = null;
    }
  }

  /** The kernel goes on accepting for as long as a thread waits in the closed listener's poll. */
  private void awaitAcceptor() {
    try {
      if (acceptor != null) {
        acceptor.join(ACCEPTOR_ENDS_WITHIN_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void acceptAll(ServerSocket socket) {
    try {
      while (true) {
        Socket client = socket.accept();
        daemon("connect", () -> connect(client, socket));
      }
    } catch (IOException e) {
      // The listener was closed by a cut; a restore opens another one.
    }
  }

  private void connect(Socket client, ServerSocket acceptedBy) {
    Socket target = new Socket();
    ProxiedConnection connection =
        new ProxiedConnection(client, target, this::awaitRelease, connections::remove);
    try {
      target.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort),
          CONNECT_TIMEOUT_MILLIS);
    } catch (IOException e) {
      // The target is away, and the client is to see what it would see without us: no connection.
      connection.reset();
      return;
    }
    if (admit(connection, acceptedBy)) {
      connection.pumps().forEach(pump -> daemon("pump", pump));
    } else {
      connection.reset();
    }
  }

  /** A cut that came while the connection was being made applies to it too. */
  private boolean admit(ProxiedConnection connection, ServerSocket acceptedBy) {
    lock.lock();
    try {
      return !acceptedBy.isClosed() && connections.add(connection);
    } finally {
      lock.unlock();
    }
  }

  private void awaitRelease() {
    lock.lock();
    try {
      while (holding) {
        released.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private Thread daemon(String role, Runnable work) {
    Thread thread = new Thread(work, "proxy-" + port + "-" + role);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
