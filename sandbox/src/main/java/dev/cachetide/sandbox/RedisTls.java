package dev.cachetide.sandbox;

import java.nio.file.Path;

/**
 * The TLS side of a Redis: a port of its own, what it shows there, and what clients are to trust.
 */
record RedisTls(int port, Path authority, Certificates.Issued shown) {

  /** With an authority and a certificate of its own, for 127.0.0.1 and localhost. */
  static RedisTls create(Path folder) {
    Certificates certificates = Certificates.in(folder.resolve("certificates"));
    return of(certificates.authority(), certificates.server("redis", "127.0.0.1", "localhost"));
  }

  static RedisTls of(Path authority, Certificates.Issued shown) {
    return new RedisTls(FreePorts.next(), authority, shown);
  }

  void addTo(RedisConfiguration configuration) {
    configuration
        .set("tls-port", Integer.toString(port))
        .set("tls-cert-file", shown.certificate().toString())
        .set("tls-key-file", shown.key().toString())
        .set("tls-ca-cert-file", authority.toString())
        .set("tls-auth-clients", "no");
  }
}
