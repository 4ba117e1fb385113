package dev.cachetide.runtime.settings;

/**
 * One mistake in a configuration.
 *
 * @param file as the user named it
 * @param path of the value in the file, {@code rules[0].evict[1].key}
 * @param message what is wrong, with the value when it is no secret
 * @param fix what to write instead
 */
public record Problem(String file, String path, String message, String fix) {

  /** {@code file: path: message. Fix: fix}. */
  @Override
  public String toString() {
    return file + ": " + path + ": " + message + "\n    fix: " + fix;
  }
}
