package dev.cachetide.invalidation;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What one logger says while this is open. */
final class LogLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {

  private final Logger logger;
  private final List<String> causes = new CopyOnWriteArrayList<>();

  private LogLines(Logger logger) {
    this.logger = logger;
  }

  static LogLines of(String name) {
    Logger logger = (Logger) LoggerFactory.getLogger(name);
    LogLines lines = new LogLines(logger);
    lines.setContext(logger.getLoggerContext());
    lines.start();
    logger.addAppender(lines);
    return lines;
  }

  /** The messages of the exceptions that were logged. */
  List<String> causes() {
    return causes;
  }

  @Override
  protected void append(ILoggingEvent event) {
    IThrowableProxy cause = event.getThrowableProxy();
    if (cause != null) {
      causes.add(String.valueOf(cause.getMessage()));
    }
  }

  @Override
  public void close() {
    logger.detachAppender(this);
    stop();
  }
}
