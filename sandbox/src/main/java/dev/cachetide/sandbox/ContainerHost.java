package dev.cachetide.sandbox;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.testcontainers.containers.GenericContainer;

/**
 * A container that is made at the first start and keeps its port of 127.0.0.1 and its data over any
 * number of stops and starts, as a process of this machine does.
 */
final class ContainerHost implements Host {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final int STOP_SECONDS = 20;

  private final String name;
  private final GenericContainer<?> container;
  private final BooleanSupplier answers;

  /**
   * Describes it.
   *
   * @param inside the port that the server listens on in the container
   * @param port of 127.0.0.1
   * @param answers whether clients are served there
   */
  ContainerHost(
      String name, GenericContainer<?> container, int inside, int port, BooleanSupplier answers) {
    this.name = name;
    this.answers = answers;
    this.container =
        container.withCreateContainerCmdModifier(
            create ->
                Objects.requireNonNull(create.getHostConfig())
                    .withPortBindings(
                        new PortBinding(
                            Ports.Binding.bindIpAndPort("127.0.0.1", port),
                            ExposedPort.tcp(inside))));
  }

  @Override
  public boolean running() {
    return container.getContainerId() != null
        && Boolean.TRUE.equals(container.getCurrentContainerInfo().getState().getRunning());
  }

  @Override
  public void start() {
    if (container.getContainerId() == null) {
      container.start();
    } else {
      client().startContainerCmd(container.getContainerId()).exec();
    }
    if (!Waiting.until(answers, START_LIMIT)) {
      throw new SandboxException(name + " does not answer:\n" + container.getLogs());
    }
  }

  @Override
  public void stop() {
    if (running()) {
      client().stopContainerCmd(container.getContainerId()).withTimeout(STOP_SECONDS).exec();
    }
  }

  @Override
  public void killHard() {
    if (running()) {
      client().killContainerCmd(container.getContainerId()).exec();
      if (!Waiting.until(() -> !running(), START_LIMIT)) {
        throw new SandboxException(name + " survived its kill");
      }
    }
  }

  @Override
  public void suspend() {
    client().pauseContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public void resume() {
    client().unpauseContainerCmd(container.getContainerId()).exec();
  }

  /** With its data. */
  @Override
  public void discard() {
    container.stop();
  }

  private DockerClient client() {
    return container.getDockerClient();
  }
}
