package dev.cachetide.runtime.settings;

/** A part of the file that a program may demand. */
public enum Section {
  POSTGRES,
  KAFKA,
  REDIS;

  String key() {
    return switch (this) {
      case POSTGRES -> "postgres";
      case KAFKA -> "kafka";
      case REDIS -> "redis";
    };
  }
}
