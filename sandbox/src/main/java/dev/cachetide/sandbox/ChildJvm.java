package dev.cachetide.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A program in a JVM of its own, to be killed, frozen and read. Standard output and standard error
 * go to one file, so that what the program said outlives it and a full pipe never blocks it. It
 * does not outlive this JVM.
 */
public final class ChildJvm implements AutoCloseable {
  private final ServerProcess process;
  private final OutputFile output;
  private final String name;
  private final boolean outputIsTemporary;

  private ChildJvm(ServerProcess process, OutputFile output, String name, boolean temporary) {
    this.process = process;
    this.output = output;
    this.name = name;
    this.outputIsTemporary = temporary;
  }

  /**
   * A child that will run the class's {@code main}, with the class path of this JVM unless told
   * otherwise.
   */
  public static Builder of(Class<?> main) {
    return of(main.getName());
  }

  /** The same for a class that is only known by name. */
  public static Builder of(String mainClass) {
    return new Builder(mainClass);
  }

  public long pid() {
    return process.pid();
  }

  public boolean running() {
    return process.alive();
  }

  /** The file that receives what the program says; deleted on close unless it was given. */
  public Path outputFile() {
    return output.path();
  }

  /** All that this program has said so far. */
  public String output() {
    return output.text();
  }

  /**
   * Waits until the program has said a line that contains the text, from its beginning on.
   *
   * @return the first such line
   * @throws SandboxException when the limit passes, or the program ends without saying it
   */
  public String await(String text, Duration limit) {
    OutputFile.Search search = output.search(text);
    boolean decided = Waiting.until(() -> search.found() || !process.alive(), limit);
    if (search.found()) {
      return search.line();
    }
    String what = decided ? " ended without saying \"" : " has not said \"";
    throw new SandboxException(name + what + text + "\":\n" + process.lastWords());
  }

  /**
   * Waits for the program's own end.
   *
   * @return the exit code; 128 and the signal's number when a signal ended it
   * @throws SandboxException when the limit passes; the program goes on
   */
  public int exitCode(Duration limit) {
    if (!Waiting.until(() -> !process.alive(), limit)) {
      throw new SandboxException(name + " has not ended:\n" + process.lastWords());
    }
    return process.awaitEnd(Duration.ZERO);
  }

  /**
   * SIGTERM: the program runs its shutdown hooks. Killed when it has not ended within the limit;
   * the exit code.
   */
  public int stop(Duration limit) {
    Signals.send(pid(), "TERM");
    return process.awaitEnd(limit);
  }

  /** SIGKILL, and waits until it has taken effect. Also ends one that is suspended. */
  public void killHard() {
    process.killHard();
  }

  /** SIGSTOP: the program stands still, its connections stay open. */
  public void suspend() {
    Signals.send(pid(), "STOP");
  }

  /** SIGCONT: ends {@link #suspend()}. */
  public void resume() {
    Signals.send(pid(), "CONT");
  }

  /** SIGHUP, by which operators ask for the configuration to be read again. */
  public void hangUp() {
    Signals.send(pid(), "HUP");
  }

  /** Kills the program when it runs. Idempotent. */
  @Override
  public void close() {
    process.killHard();
    if (outputIsTemporary) {
      output.delete();
    }
  }

  /** Not thread-safe. */
  public static final class Builder {
    private final String mainClass;
    private final List<String> jvmOptions = new ArrayList<>();
    private final List<String> arguments = new ArrayList<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private String classPath = System.getProperty("java.class.path");
    private @Nullable Path output;

    private Builder(String mainClass) {
      this.mainClass = mainClass;
    }

    /** What {@code main} receives. */
    public Builder arguments(String... arguments) {
      Collections.addAll(this.arguments, arguments);
      return this;
    }

    /** {@code -Xmx256m}, {@code -Dname=value} and the like. */
    public Builder jvmOptions(String... options) {
      Collections.addAll(jvmOptions, options);
      return this;
    }

    /** In place of this JVM's class path. */
    public Builder classPath(String classPath) {
      this.classPath = classPath;
      return this;
    }

    /** A variable in addition to this JVM's environment. */
    public Builder environment(String name, String value) {
      environment.put(name, value);
      return this;
    }

    /** A file that stays and that the child's output is appended to; default a temporary one. */
    public Builder outputFile(Path file) {
      this.output = file;
      return this;
    }

    /**
     * Starts the JVM without waiting for anything.
     *
     * @throws SandboxException when the process cannot be started
     */
    public ChildJvm start() {
      Path file = output == null ? temporaryFile() : output;
      OutputFile from = OutputFile.fromItsEnd(file);
      Path here = Path.of("").toAbsolutePath();
      ServerProcess process =
          ServerProcess.start(mainClass, command(), environment, here, file, "KILL");
      return new ChildJvm(process, from, mainClass, output == null);
    }

    private List<String> command() {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      // Children are short-lived and many: start fast, stay small.
      command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
      command.addAll(jvmOptions);
      command.addAll(List.of("-cp", classPath, mainClass));
      command.addAll(arguments);
      return command;
    }

    private static Path temporaryFile() {
      try {
        return Files.createTempFile("cachetide-child-", ".log");
      } catch (IOException e) {
        throw new SandboxException("no file for a child's output", e);
      }
    }
  }
}
