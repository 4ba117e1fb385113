package dev.cachetide.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** OpenTelemetry is an optional dependency. */
final class TraceHeadersTest {

  @Test
  void it_is_used_where_it_is_on_the_class_path() {
    assertThat(TraceHeaders.create()).isInstanceOf(OpenTelemetryHeaders.class);
  }

  @Test
  void without_it_nothing_is_added_and_nothing_fails() throws Exception {
    try (URLClassLoader loader = withoutOpenTelemetry()) {
      assertThatThrownBy(() -> loader.loadClass("io.opentelemetry.context.Context"))
          .isInstanceOf(ClassNotFoundException.class);
      Class<?> type = loader.loadClass(TraceHeaders.class.getName());
      Class<?> headers = loader.loadClass("org.apache.kafka.common.header.Headers");
      Object empty = loader.loadClass(RecordHeaders.class.getName()).getConstructor().newInstance();
      type.getMethod("add", headers).invoke(type.getMethod("create").invoke(null), empty);
      assertThat(empty).hasToString(new RecordHeaders().toString());
    }
  }

  /** The class path of an application that has left it out. */
  private static URLClassLoader withoutOpenTelemetry() throws Exception {
    List<URL> entries = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (!entry.contains("opentelemetry")) {
        entries.add(Path.of(entry).toUri().toURL());
      }
    }
    return new URLClassLoader(entries.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }
}
