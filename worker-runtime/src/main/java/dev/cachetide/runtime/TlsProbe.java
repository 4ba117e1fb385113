package dev.cachetide.runtime;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Whether a server speaks TLS. A client that speaks the wrong one of both only learns that the
 * connection was closed; asked after that, this tells why. It trusts no certificate and sends
 * nothing but a greeting.
 */
public final class TlsProbe {

  private static final Duration LIMIT = Duration.ofSeconds(4);

  private TlsProbe() {}

  /** Takes four seconds at most for connecting, and as long for the greeting. */
  public static Answer ask(String host, int port) {
    Onlooker onlooker = new Onlooker();
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), Math.toIntExact(LIMIT.toMillis()));
      socket.setSoTimeout(Math.toIntExact(LIMIT.toMillis()));
      return greet(socket, host, port, onlooker);
    } catch (IOException | IllegalArgumentException e) {
      // Not there, or no name: the client's own failure says so already.
      return Answer.UNKNOWN;
    }
  }

  private static Answer greet(Socket socket, String host, int port, Onlooker onlooker) {
    try (SSLSocket tls =
        (SSLSocket) onlooker.context().getSocketFactory().createSocket(socket, host, port, false)) {
      tls.startHandshake();
      return Answer.TLS;
    } catch (IOException e) {
      if (onlooker.shown || isAlert(e)) {
        return Answer.TLS;
      }
      return e instanceof SocketTimeoutException ? Answer.UNKNOWN : Answer.NO_TLS;
    }
  }

  /** Only who speaks TLS sends one; a closed connection comes as the same class with a cause. */
  private static boolean isAlert(IOException e) {
    return TlsFault.in(e).filter(TlsFault.REFUSED::equals).isPresent()
        && !(e.getCause() instanceof EOFException);
  }

  /** What was found. */
  public enum Answer {
    TLS,
    NO_TLS,
    /** It cannot be reached, or says nothing. */
    UNKNOWN
  }

  /** Trusts nobody, and notes that it was shown a certificate. */
  private static final class Onlooker implements X509TrustManager {
    private boolean shown;

    SSLContext context() throws SSLException {
      try {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {this}, null);
        return context;
      } catch (GeneralSecurityException e) {
        throw new SSLException("this Java has no TLS", e);
      }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      shown = true;
      throw new CertificateException("nobody is trusted here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      throw new CertificateException("nobody is trusted here");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
