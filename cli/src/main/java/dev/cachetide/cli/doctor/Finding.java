package dev.cachetide.cli.doctor;

/**
 * One line of the report.
 *
 * @param check what was looked at, in a word or two
 * @param found what there is
 * @param fix a command or SQL to paste; empty where there is nothing to do
 */
public record Finding(Section section, Severity severity, String check, String found, String fix) {

  /** Which server it is about. */
  public enum Section {
    POSTGRES("Postgres"),
    KAFKA("Kafka"),
    REDIS("Redis"),
    CLOCKS("Clocks");

    private final String title;

    Section(String title) {
      this.title = title;
    }

    /** As people write it. */
    @Override
    public String toString() {
      return title;
    }
  }

  /** How bad it is. */
  public enum Severity {
    OK,
    WARN,
    FAIL
  }
}
