package dev.cachetide.benchmarks.hits;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;

/** The value that is read; about 300 bytes of JSON. */
public record Product(
    long id,
    String name,
    String description,
    long cents,
    String currency,
    int stock,
    List<String> categories,
    String changedAt) {

  static final ObjectMapper JSON = new ObjectMapper();

  static Product of(long id) {
    return new Product(
        id,
        "Desk lamp, dimmable, number " + id,
        "A lamp with a heavy foot, a swivelling arm and a shade of brushed steel; warm white, 2700 kelvin, 9 watts.",
        4_990 + id,
        "EUR",
        (int) (id % 50),
        List.of("lighting", "office", "new arrivals"),
        "2026-11-24T09:30:00Z");
  }

  byte[] toJson() {
    try {
      return JSON.writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a product is not to be written as JSON", e);
    }
  }
}
