package dev.cachetide.cli.doctor;

import dev.cachetide.cli.doctor.Finding.Section;
import dev.cachetide.cli.doctor.Finding.Severity;
import java.util.ArrayList;
import java.util.List;

/** Where the checks of one section write to. Used by one thread. */
final class Report {

  private final Section section;
  private final List<Finding> findings = new ArrayList<>();

  Report(Section section) {
    this.section = section;
  }

  void ok(String check, String found) {
    findings.add(new Finding(section, Severity.OK, check, found, ""));
  }

  void warn(String check, String found, String fix) {
    findings.add(new Finding(section, Severity.WARN, check, found, fix));
  }

  void fail(String check, String found, String fix) {
    findings.add(new Finding(section, Severity.FAIL, check, found, fix));
  }

  List<Finding> findings() {
    return List.copyOf(findings);
  }

  /** One thing to look at. */
  interface Check<F> {
    void look(F facts, Report report);
  }
}
