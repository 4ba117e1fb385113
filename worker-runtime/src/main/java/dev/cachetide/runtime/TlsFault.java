package dev.cachetide.runtime;

import java.security.SignatureException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;

/** What was wrong with a TLS handshake. The order is that in which they are looked for. */
public enum TlsFault {
  /** The server's certificate is out of date, or not valid yet. */
  OUT_OF_DATE,
  /** None of the authorities that are trusted has signed it. */
  UNKNOWN_AUTHORITY,
  /** It is for another host. The JDK has no class of its own for that, but uses none of these. */
  OTHER_HOST,
  /** The server ended it, most often because it wants to see a certificate. */
  REFUSED,
  /** What came back was no TLS. */
  NO_TLS;

  /** What a failure's causes show; empty when it was about something else than TLS. */
  public static Optional<TlsFault> in(Throwable failure) {
    List<Throwable> chain = new ArrayList<>();
    for (Throwable each = failure; each != null; each = each.getCause()) {
      chain.add(each);
    }
    for (TlsFault fault : values()) {
      if (chain.stream().anyMatch(fault::isShownBy)) {
        return Optional.of(fault);
      }
    }
    return Optional.empty();
  }

  private boolean isShownBy(Throwable each) {
    return switch (this) {
      case OUT_OF_DATE ->
          each instanceof CertificateExpiredException
              || each instanceof CertificateNotYetValidException;
      case UNKNOWN_AUTHORITY ->
          each instanceof CertPathBuilderException
              || each instanceof CertPathValidatorException
              || each instanceof SignatureException;
      case OTHER_HOST -> each.getClass() == CertificateException.class;
      case REFUSED -> each instanceof SSLHandshakeException;
      case NO_TLS -> each instanceof SSLException;
    };
  }
}
