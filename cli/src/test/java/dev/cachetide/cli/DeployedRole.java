package dev.cachetide.cli;

import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.SettingsLoader;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A Deployment of one role, looked at as its process would find the world. */
record DeployedRole(Deployment deployment) {

  String word() {
    return container().getArgs().get(1);
  }

  Role role() {
    return List.of(Role.values()).stream()
        .filter(role -> role.toString().equals(word()))
        .findFirst()
        .orElseThrow();
  }

  PodSpec pod() {
    return deployment.getSpec().getTemplate().getSpec();
  }

  Map<String, String> labels() {
    return deployment.getSpec().getTemplate().getMetadata().getLabels();
  }

  /** The only one. */
  Container container() {
    List<Container> containers = pod().getContainers();
    if (containers.size() != 1) {
      throw new AssertionError(containers.size() + " containers");
    }
    return containers.get(0);
  }

  VolumeMount mount(String volume) {
    return container().getVolumeMounts().stream()
        .filter(mount -> mount.getName().equals(volume))
        .findFirst()
        .orElseThrow();
  }

  Volume volume(String name) {
    return pod().getVolumes().stream()
        .filter(volume -> volume.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** The container's variables. */
  Map<String, String> environment() {
    return container().getEnv().stream()
        .collect(Collectors.toMap(EnvVar::getName, EnvVar::getValue));
  }

  /**
   * Reads a configuration as the process would, with the files of the Secret in a folder.
   *
   * @param secrets an empty folder in which they are put
   */
  PipelineSettings settings(Path configuration, Path secrets) throws IOException {
    for (KeyToPath item : volume("secrets").getSecret().getItems()) {
      String content = item.getPath().endsWith("-url") ? "redis://redis:6379" : "s3cret";
      Files.writeString(secrets.resolve(item.getPath()), content);
    }
    String mounted = mount("secrets").getMountPath();
    Map<String, String> environment =
        environment().entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    variable -> variable.getValue().replace(mounted, secrets.toString())));
    LoadedSettings loaded = SettingsLoader.load(configuration, environment, role().needs());
    if (loaded instanceof LoadedSettings.Rejected rejected) {
      throw new AssertionError(word() + ": " + rejected.problems());
    }
    return ((LoadedSettings.Loaded) loaded).settings();
  }
}
