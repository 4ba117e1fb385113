package dev.cachetide.cli.look;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The samples of one page of Prometheus text that are Cachetide's. Pure. */
public record MetricsPage(Map<String, List<Sample>> samples) {

  private static final String OURS = "cachetide_";
  private static final Pattern LINE = Pattern.compile("([a-z_]+)(?:\\{(.*)})? (\\S+)(?: \\S+)?");
  private static final Pattern LABEL = Pattern.compile("([a-zA-Z_]+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

  /** Reads a page; a line that is no sample is passed over, as comments are. */
  public static MetricsPage parse(String text) {
    Map<String, List<Sample>> samples = new LinkedHashMap<>();
    text.lines()
        .filter(line -> line.startsWith(OURS))
        .map(LINE::matcher)
        .filter(Matcher::matches)
        .forEach(
            line ->
                samples
                    .computeIfAbsent(line.group(1), name -> new ArrayList<>())
                    .add(new Sample(labels(line.group(2)), value(line.group(3)))));
    return new MetricsPage(samples);
  }

  private static Map<String, String> labels(String text) {
    Map<String, String> labels = new LinkedHashMap<>();
    if (text != null) {
      Matcher label = LABEL.matcher(text);
      while (label.find()) {
        labels.put(
            label.group(1),
            label.group(2).replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\"));
      }
    }
    return labels;
  }

  private static double value(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> number(text);
    };
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  /** All of one name. */
  public List<Sample> of(String name) {
    return Objects.requireNonNullElse(samples.get(name), List.of());
  }

  /** The largest of one name; empty when there is none that is a number. */
  public OptionalDouble max(String name) {
    return of(name).stream().mapToDouble(Sample::value).filter(value -> !Double.isNaN(value)).max();
  }

  /** The sum over one name; empty when there is none that is a number. */
  public OptionalDouble sum(String name) {
    return of(name).stream()
        .mapToDouble(Sample::value)
        .filter(value -> !Double.isNaN(value))
        .reduce(Double::sum);
  }

  /** One line. */
  public record Sample(Map<String, String> labels, double value) {

    /** Empty when it has none of this name. */
    public String label(String name) {
      return Objects.requireNonNullElse(labels.get(name), "");
    }
  }
}
