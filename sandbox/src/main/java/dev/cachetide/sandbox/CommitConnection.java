package dev.cachetide.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.cachetide.sandbox.CommitProxy.Point;
import dev.cachetide.sandbox.CommitProxy.Then;
import dev.cachetide.sandbox.CommitProxy.Trap;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One client's connection to Postgres, read message by message. */
final class CommitConnection {
  private static final int PROTOCOL_3 = 3;

  private final Socket client;
  private final Socket server;
  private final CommitProxy proxy;
  private final Consumer<CommitConnection> whenClosed;

  /** Answers of one byte that are due: those to a request for TLS or GSS. */
  private final AtomicInteger bareAnswers = new AtomicInteger();

  /** Names of prepared statements that are COMMIT: the driver sends the text once. */
  private final Set<String> commitStatements = new HashSet<>();

  private boolean commitBound;
  private volatile @Nullable Trap atAnswer;

  CommitConnection(
      Socket client, Socket server, CommitProxy proxy, Consumer<CommitConnection> whenClosed) {
    this.client = client;
    this.server = server;
    this.proxy = proxy;
    this.whenClosed = whenClosed;
  }

  /** From client to server, until one of them ends. */
  void requests() {
    try (DataInputStream in = in(client);
        DataOutputStream out = out(server)) {
      greet(in, out);
      while (true) {
        byte type = in.readByte();
        byte[] body = body(in);
        if (!isCommit((char) type, body)) {
          write(out, type, body, in.available() == 0);
        } else if (!commit(out, type, body)) {
          return;
        }
      }
    } catch (EOFException e) {
      // the client has left; closing the streams tells the server
      reset();
    } catch (IOException e) {
      // one side is gone: the other learns of it by a reset
      reset();
    }
  }

  /** From server to client, until one of them ends. */
  void answers() {
    try (DataInputStream in = in(server);
        DataOutputStream out = out(client)) {
      while (true) {
        byte type = in.readByte();
        if (bareAnswers.get() > 0) {
          bareAnswers.decrementAndGet();
          out.writeByte(type);
          out.flush();
          continue;
        }
        byte[] body = body(in);
        Trap trap = atAnswer;
        if (trap != null && type == 'C' && text(body, 0).equals("COMMIT")) {
          atAnswer = null;
          if (!spring(trap)) {
            return;
          }
        }
        write(out, type, body, in.available() == 0);
      }
    } catch (IOException e) {
      // as above
      reset();
    }
  }

  /** Closes both sides the hard way, so that each sees a reset and not an orderly end. */
  void reset() {
    closeHard(client);
    closeHard(server);
    whenClosed.accept(this);
  }

  /** Messages before the first that has a type. */
  private void greet(DataInputStream in, DataOutputStream out) throws IOException {
    int protocol;
    do {
      int length = in.readInt();
      int code = in.readInt();
      protocol = code >>> 16;
      if (protocol != PROTOCOL_3) {
        bareAnswers.incrementAndGet();
      }
      out.writeInt(length);
      out.writeInt(code);
      out.write(in.readNBytes(length - 2 * Integer.BYTES));
      out.flush();
    } while (protocol != PROTOCOL_3);
  }

  private boolean isCommit(char type, byte[] body) {
    if (type == 'P') {
      String name = text(body, 0);
      if (text(body, length(name)).equalsIgnoreCase("COMMIT")) {
        commitStatements.add(name);
      } else {
        commitStatements.remove(name);
      }
    } else if (type == 'B') {
      String portal = text(body, 0);
      commitBound = commitStatements.contains(text(body, length(portal)));
    }
    return type == 'E' ? commitBound : type == 'Q' && text(body, 0).equalsIgnoreCase("COMMIT");
  }

  /** False when the connection was cut. */
  private boolean commit(DataOutputStream out, byte type, byte[] body) throws IOException {
    commitBound = false;
    Trap trap = proxy.commit();
    if (trap != null && trap.point() == Point.BEFORE && !spring(trap)) {
      return false;
    }
    if (trap != null && trap.point() == Point.AFTER) {
      atAnswer = trap;
    }
    write(out, type, body, true);
    return trap == null || trap.point() != Point.INSIDE || spring(trap);
  }

  private boolean spring(Trap trap) {
    trap.act().run();
    if (trap.then() == Then.CUT) {
      reset();
    }
    return trap.then() != Then.CUT;
  }

  private static byte[] body(DataInputStream in) throws IOException {
    return in.readNBytes(in.readInt() - Integer.BYTES);
  }

  private static void write(DataOutputStream out, byte type, byte[] body, boolean flush)
      throws IOException {
    out.writeByte(type);
    out.writeInt(body.length + Integer.BYTES);
    out.write(body);
    if (flush) {
      out.flush();
    }
  }

  private static int length(String text) {
    return text.getBytes(UTF_8).length + 1;
  }

  /** The text from here to the next zero byte. */
  private static String text(byte[] body, int from) {
    int end = from;
    while (end < body.length && body[end] != 0) {
      end++;
    }
    return new String(body, from, end - from, UTF_8);
  }

  private static DataInputStream in(Socket socket) throws IOException {
    return new DataInputStream(new BufferedInputStream(socket.getInputStream()));
  }

  private static DataOutputStream out(Socket socket) throws IOException {
    return new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
  }

  private static void closeHard(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      // closed already, which is what is wanted
      return;
    }
  }
}
