package dev.cachetide.sandbox;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.List;
import java.util.stream.Stream;

/** How a program that refuses to run as root is run; Postgres is one. */
enum Unprivileged {
  /** We are somebody and not root. */
  AS_OURSELVES(""),
  /** In a user namespace, where we look like nobody and still own our files. */
  IN_A_NAMESPACE("unshare -U"),
  /**
   * As the user nobody, for root where namespaces are forbidden; the data folder becomes nobody's.
   */
  AS_NOBODY("setpriv --reuid=65534 --regid=65534 --clear-groups");

  private static final String NOBODY = "65534";

  /** What Java calls a user id without a name, which Postgres refuses too. */
  private static final String NAMELESS = "?";

  private final String prefix;

  Unprivileged(String prefix) {
    this.prefix = prefix;
  }

  /** What this machine allows. */
  static Unprivileged here() {
    String user = System.getProperty("user.name");
    boolean root = user.equals("root");
    if (!root && !user.equals(NAMELESS)) {
      return AS_OURSELVES;
    }
    if (runs("unshare", "-U", "true")) {
      return IN_A_NAMESPACE;
    }
    return root ? AS_NOBODY : AS_OURSELVES;
  }

  /** The words before the command; each replaces itself by the next, so the process id stays. */
  List<String> prefix() {
    return prefix.isEmpty() ? List.of() : List.of(prefix.split(" ", -1));
  }

  /** Makes the folder with all it holds belong to whom the program will run as. */
  void own(Path folder) throws IOException {
    if (this != AS_NOBODY) {
      return;
    }
    UserPrincipal nobody =
        folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(NOBODY);
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.setOwner(file, nobody);
      }
    }
  }

  private static boolean runs(String... command) {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      // No such program here: then this way is closed.
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted", e);
    }
  }
}
