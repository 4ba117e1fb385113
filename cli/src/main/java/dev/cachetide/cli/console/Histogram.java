package dev.cachetide.cli.console;

import dev.cachetide.cli.look.MetricsPage;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How many took up to how long, summed over workers. Pure.
 *
 * @param upTo counts by upper bound, each with those below it, as Prometheus has them
 */
record Histogram(NavigableMap<Double, Double> upTo) {

  /** Of one timer over some pages. */
  static Histogram of(Iterable<MetricsPage> pages, String timer) {
    NavigableMap<Double, Double> upTo = new TreeMap<>();
    for (MetricsPage page : pages) {
      for (MetricsPage.Sample sample : page.of(timer + "_bucket")) {
        upTo.merge(bound(sample.label("le")), sample.value(), Double::sum);
      }
    }
    return new Histogram(upTo);
  }

  private static double bound(String text) {
    return text.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(text);
  }

  /**
   * The quantile of what came since an earlier moment, spread evenly within a bucket; null when
   * nothing came, or a worker began anew in between.
   *
   * @param quantile between 0 and 1
   */
  @Nullable Double quantile(double quantile, Histogram before) {
    NavigableMap<Double, Double> since = new TreeMap<>();
    for (Map.Entry<Double, Double> each : upTo.entrySet()) {
      double was = before.upTo.getOrDefault(each.getKey(), 0d);
      if (each.getValue() < was) {
        return null;
      }
      since.put(each.getKey(), each.getValue() - was);
    }
    double all = since.isEmpty() ? 0 : since.lastEntry().getValue();
    return all <= 0 ? null : at(quantile * all, since);
  }

  private static double at(double rank, NavigableMap<Double, Double> since) {
    double below = 0;
    double from = 0;
    for (Map.Entry<Double, Double> each : since.entrySet()) {
      if (each.getValue() >= rank && each.getValue() > below) {
        double bound = each.getKey();
        return Double.isInfinite(bound)
            ? from
            : from + (bound - from) * (rank - below) / (each.getValue() - below);
      }
      below = each.getValue();
      from = Double.isInfinite(each.getKey()) ? from : each.getKey();
    }
    return from;
  }
}
