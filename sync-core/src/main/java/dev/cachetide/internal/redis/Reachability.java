package dev.cachetide.internal.redis;

import io.lettuce.core.RedisCommandExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says that Redis cannot be connected to, once for each reason, and when it then can. Neither
 * addresses nor what a server answered is said: they may hold passwords or names.
 */
final class Reachability {

  private static final Logger log = LoggerFactory.getLogger(Reachability.class);
  private static final Pattern CODE = Pattern.compile("[A-Z]+(?= |$)");
  private static final int DEEPEST_CAUSE = 20;

  private final AtomicReference<String> said = new AtomicReference<>("");

  void failed(Throwable failure) {
    String reason = reason(failure);
    if (!reason.equals(said.getAndSet(reason))) {
      log.atWarn()
          .addKeyValue("reason", reason)
          .log("no connection to Redis yet; reads go to their loaders until there is one");
      log.atDebug().setCause(failure).log("no connection to Redis yet");
    }
  }

  void reached() {
    if (!said.getAndSet("").isEmpty()) {
      log.atInfo().log("there is a connection to Redis now");
    }
  }

  /** WRONGPASS and the like where a server refused, else what kind of failure it was. */
  private static String reason(Throwable failure) {
    Throwable root = failure;
    for (int depth = 0; depth < DEEPEST_CAUSE && root.getCause() != null; depth++) {
      root = root.getCause();
    }
    if (root instanceof RedisCommandExecutionException && root.getMessage() != null) {
      Matcher code = CODE.matcher(root.getMessage());
      if (code.lookingAt()) {
        return code.group();
      }
    }
    return root.getClass().getSimpleName();
  }
}
