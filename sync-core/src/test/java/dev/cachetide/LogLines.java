package dev.cachetide;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.LoggerFactory;

/** What a logger and those below it log. */
final class LogLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {

  private final Logger logger;
  private final Queue<ILoggingEvent> events = new ConcurrentLinkedQueue<>();

  private LogLines(Logger logger) {
    this.logger = logger;
  }

  static LogLines of(String name) {
    LogLines lines = new LogLines((Logger) LoggerFactory.getLogger(name));
    lines.start();
    lines.logger.addAppender(lines);
    return lines;
  }

  @Override
  protected void append(ILoggingEvent event) {
    events.add(event);
  }

  /** Messages with their values and causes. */
  List<String> texts() {
    return events.stream()
        .map(
            event ->
                event.getLevel()
                    + " "
                    + event.getFormattedMessage()
                    + " "
                    + event.getKeyValuePairs()
                    + (event.getThrowableProxy() == null
                        ? ""
                        : " " + event.getThrowableProxy().getMessage()))
        .toList();
  }

  /** The values under a name, in the order of the lines. */
  List<String> values(String name) {
    return events.stream()
        .filter(event -> event.getKeyValuePairs() != null)
        .flatMap(event -> event.getKeyValuePairs().stream())
        .filter(pair -> pair.key.equals(name))
        .map(pair -> String.valueOf(pair.value))
        .toList();
  }

  /** The last of them; empty when there is none. */
  String lastValue(String name) {
    List<String> all = values(name);
    return all.isEmpty() ? "" : all.get(all.size() - 1);
  }

  @Override
  public void close() {
    logger.detachAppender(this);
    stop();
  }
}
