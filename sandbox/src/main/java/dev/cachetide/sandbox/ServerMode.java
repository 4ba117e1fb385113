package dev.cachetide.sandbox;

/**
 * Where the servers of this JVM's sandboxes run: as processes of this machine, or, with {@code
 * -Dcachetide.servers=containers}, in containers. Then Testcontainers has to be on the class path,
 * which is why this is no part of {@link Containers}. A server that is asked for what a container
 * cannot give, such as a folder that stays, is a process all the same.
 */
public final class ServerMode {
  private static final String PROPERTY = "cachetide.servers";

  private ServerMode() {}

  /** Whether containers are asked for. */
  public static boolean containers() {
    return System.getProperty(PROPERTY, "embedded").equals("containers");
  }
}
