package dev.cachetide.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;

/** The files beside the sources, {@code shop/schema.sql} and {@code cachetide.yaml}. */
final class ShopFiles {

  private ShopFiles() {}

  static String read(String name) throws IOException {
    try (InputStream file = ShopFiles.class.getResourceAsStream(name)) {
      if (file == null) {
        throw new FileNotFoundException(name);
      }
      return new String(file.readAllBytes(), UTF_8);
    }
  }
}
