package dev.cachetide.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * An authority of a test's own and what it signs, made by the JDK's keytool and written as PEM,
 * which Postgres, Kafka and Redis all read. For one thread.
 */
public final class Certificates {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String AUTHORITY = "authority";
  private static final String PASSWORD_VARIABLE = "KEY_PASSWORD";

  private final Path folder;
  private final Path store;
  private final String password = UUID.randomUUID().toString();
  private final Path authority;

  private Certificates(Path folder) {
    this.folder = folder;
    this.store = folder.resolve("authority.p12");
    this.authority = folder.resolve("authority.crt");
  }

  /**
   * Makes an authority, which keeps all it has in the folder.
   *
   * @throws SandboxException when keytool fails
   */
  public static Certificates in(Path folder) {
    try {
      Certificates certificates = new Certificates(Files.createDirectories(folder));
      Files.deleteIfExists(certificates.store);
      certificates.generate(AUTHORITY, "CN=sandbox authority", "-ext", "bc:c", "-validity", "30");
      write(certificates.authority, pem("CERTIFICATE", certificates.certificate(AUTHORITY)));
      return certificates;
    } catch (IOException | GeneralSecurityException e) {
      throw new SandboxException("no authority in " + folder, e);
    }
  }

  /** The authority's own certificate: what is to be trusted. */
  public Path authority() {
    return authority;
  }

  /** Valid for a month, for servers of these names or addresses, as in {@code 127.0.0.1}. */
  public Issued server(String name, String... hosts) {
    return issue(name, "-validity", "30", "-ext", alternatives(hosts));
  }

  /** As {@link #server}, but out of date since some days. */
  public Issued expired(String name, String... hosts) {
    return issue(name, "-startdate", "-20d", "-validity", "10", "-ext", alternatives(hosts));
  }

  /** For a client of this common name. */
  public Issued client(String name) {
    return issue(name, "-validity", "30");
  }

  private static String alternatives(String... hosts) {
    return Arrays.stream(hosts)
        .map(host -> (host.matches("[0-9.]+") ? "IP:" : "DNS:") + host)
        .collect(Collectors.joining(",", "SAN=", ""));
  }

  private Issued issue(String name, String... options) {
    try {
      List<String> signed = new ArrayList<>(List.of(options));
      signed.addAll(List.of("-signer", AUTHORITY));
      generate(name, "CN=" + name, signed.toArray(String[]::new));
      Certificate certificate = certificate(name);
      String key = pem("PRIVATE KEY", opened().getKey(name, password.toCharArray()).getEncoded());
      Issued issued =
          new Issued(
              folder.resolve(name + ".crt"),
              folder.resolve(name + ".key"),
              folder.resolve(name + ".pem"));
      write(issued.certificate(), pem("CERTIFICATE", certificate));
      write(issued.key(), key);
      write(issued.both(), key + pem("CERTIFICATE", certificate));
      return issued;
    } catch (IOException | GeneralSecurityException e) {
      throw new SandboxException("no certificate for " + name, e);
    }
  }

  private void generate(String alias, String subject, String... options) {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
    command.addAll(List.of("-genkeypair", "-alias", alias, "-dname", subject));
    command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1", "-storetype", "PKCS12"));
    command.addAll(List.of("-keystore", store.toString(), "-storepass:env", PASSWORD_VARIABLE));
    command.addAll(List.of(options));
    ServerProcess keytool =
        ServerProcess.start(
            "keytool",
            command,
            Map.of(PASSWORD_VARIABLE, password),
            folder,
            folder.resolve("keytool.log"),
            "TERM");
    if (keytool.awaitEnd(LIMIT) != 0) {
      throw new SandboxException("no certificate for " + alias + ":\n" + keytool.lastWords());
    }
  }

  private Certificate certificate(String alias) throws IOException, GeneralSecurityException {
    return opened().getCertificate(alias);
  }

  private KeyStore opened() throws IOException, GeneralSecurityException {
    KeyStore opened = KeyStore.getInstance("PKCS12");
    try (InputStream stream = Files.newInputStream(store)) {
      opened.load(stream, password.toCharArray());
    }
    return opened;
  }

  private static String pem(String what, Certificate certificate) throws GeneralSecurityException {
    return pem(what, certificate.getEncoded());
  }

  private static String pem(String what, byte[] content) {
    Base64.Encoder lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(what, lines.encodeToString(content), what);
  }

  /** For our eyes alone: Postgres refuses a key that others may read. */
  private static void write(Path file, String content) throws IOException {
    Files.writeString(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  /**
   * What a server or client shows of itself, and the key that proves it.
   *
   * @param both key and certificate in one file, as Kafka's {@code ssl.keystore.type: PEM} wants
   */
  public record Issued(Path certificate, Path key, Path both) {}
}
