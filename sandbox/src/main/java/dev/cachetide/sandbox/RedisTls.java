package dev.cachetide.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The TLS side of a Redis: a port and a certificate of its own for 127.0.0.1 and localhost, valid
 * for days, which signs itself and so is what clients are to trust.
 */
record RedisTls(int port, Path certificate, Path key) {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String ALIAS = "redis";
  private static final String PASSWORD_VARIABLE = "KEY_PASSWORD";

  /** Makes key and certificate in the folder, by the JDK's own tool. */
  static RedisTls create(Path folder) {
    Path store = folder.resolve("tls.p12");
    String password = UUID.randomUUID().toString();
    try {
      Files.deleteIfExists(store);
      generate(folder, store, password);
      RedisTls tls =
          new RedisTls(FreePorts.next(), folder.resolve("tls.crt"), folder.resolve("tls.key"));
      tls.extract(store, password.toCharArray());
      Files.delete(store);
      return tls;
    } catch (IOException | GeneralSecurityException e) {
      throw new SandboxException("no certificate for redis", e);
    }
  }

  void addTo(RedisConfiguration configuration) {
    configuration
        .set("tls-port", Integer.toString(port))
        .set("tls-cert-file", certificate.toString())
        .set("tls-key-file", key.toString())
        .set("tls-ca-cert-file", certificate.toString())
        .set("tls-auth-clients", "no");
  }

  private static void generate(Path folder, Path store, String password) {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-alias",
            ALIAS,
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-validity",
            "30",
            "-dname",
            "CN=127.0.0.1",
            "-ext",
            "SAN=IP:127.0.0.1,DNS:localhost",
            "-storetype",
            "PKCS12",
            "-keystore",
            store.toString(),
            "-storepass:env",
            PASSWORD_VARIABLE);
    ServerProcess keytool =
        ServerProcess.start(
            "keytool",
            command,
            Map.of(PASSWORD_VARIABLE, password),
            folder,
            folder.resolve("keytool.log"),
            "TERM");
    if (keytool.awaitEnd(LIMIT) != 0) {
      throw new SandboxException("no certificate for redis:\n" + keytool.lastWords());
    }
  }

  private void extract(Path store, char[] password) throws IOException, GeneralSecurityException {
    KeyStore opened = KeyStore.getInstance("PKCS12");
    try (InputStream stream = Files.newInputStream(store)) {
      opened.load(stream, password);
    }
    write(certificate, "CERTIFICATE", opened.getCertificate(ALIAS).getEncoded());
    write(key, "PRIVATE KEY", opened.getKey(ALIAS, password).getEncoded());
  }

  private static void write(Path file, String what, byte[] content) throws IOException {
    Base64.Encoder lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
    Files.writeString(
        file,
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(what, lines.encodeToString(content), what));
  }
}
