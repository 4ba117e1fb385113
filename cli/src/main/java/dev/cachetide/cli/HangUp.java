package dev.cachetide.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * SIGHUP, the customary request to read the configuration again.
 *
 * <p>Java has no other way to it than {@code sun.misc.Signal}, which every JDK exports and whose
 * use the compiler warns of without a way to say that it is meant; hence by name.
 */
final class HangUp {

  private static final Logger log = LoggerFactory.getLogger(HangUp.class);

  private HangUp() {}

  /** From now on SIGHUP runs the action instead of ending the process. */
  static void runs(Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object handling =
          Proxy.newProxyInstance(
              HangUp.class.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> {
                if (method.getDeclaringClass() == Object.class) {
                  return method.invoke(action, arguments);
                }
                action.run();
                return null;
              });
      Object before =
          signal
              .getMethod("handle", signal, handler)
              .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), handling);
      if (handler.getField("SIG_IGN").get(null).equals(before)) {
        // the JVM leaves a signal alone that was ignored when it began, as nohup does it
        log.atInfo().log("SIGHUP is ignored here; a changed file reloads, with reload.watch");
      }
    } catch (ReflectiveOperationException e) {
      // Another system, or a JVM that was told to keep its hands off signals (-Xrs).
      log.atInfo()
          .addKeyValue("cause", e instanceof InvocationTargetException ? e.getCause() : e)
          .log("SIGHUP does not reload here; a changed file does, with reload.watch");
    }
  }
}
