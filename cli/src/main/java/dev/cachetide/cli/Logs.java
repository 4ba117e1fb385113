package dev.cachetide.cli;

/** How much is logged; {@code logback.xml} reads it when the first logger is made. */
final class Logs {

  private static final String LEVEL = "cachetide.log.level";
  private static final String LIBRARIES = "cachetide.log.libraries";

  private Logs() {}

  /** For commands whose own output is meant for people, unless the user asked for a level. */
  static void onlyWarnings() {
    if (System.getProperty(LEVEL) == null) {
      System.setProperty(LEVEL, "WARN");
    }
  }

  /** For commands that themselves tell of a server that is away, as libraries would, often. */
  static void onlyErrors() {
    onlyWarnings();
    if (System.getProperty(LIBRARIES) == null) {
      System.setProperty(LIBRARIES, "ERROR");
    }
  }

  /** For commands that name every server that is away, and why, in their own output. */
  static void none() {
    if (System.getProperty(LEVEL) == null) {
      System.setProperty(LEVEL, "ERROR");
    }
    onlyErrors();
  }
}
