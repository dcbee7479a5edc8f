package io.llmrelay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/** The files for containers, Kubernetes and systemd fit the relay's configuration. */
class DeploymentFilesTest {
  private static final Map<String, String> ENV =
      Map.of(
          "POD_IP", "192.0.2.7",
          "CLUSTER_SECRET", "a-secret-of-the-whole-fleet",
          "RELAY_KEY", "llmr-my-app-0123456789-abcdef",
          "OPENAI_API_KEY", "sk-1");

  @Test
  void kubernetesRunsAConfigurationThatIsValid(@TempDir Path folder) throws Exception {
    Map<String, Map<String, Object>> objects = new HashMap<>();
    List<String> names = new ArrayList<>();
    try (Reader in = Files.newBufferedReader(Path.of("conf/kubernetes.yaml"))) {
      for (Object each : new Yaml().loadAll(in)) {
        Map<String, Object> object = map(each);
        objects.put((String) object.get("kind"), object);
        names.add((String) map(object.get("metadata")).get("name"));
      }
    }
    assertThat(objects)
        .containsKeys("StatefulSet", "Service", "PodDisruptionBudget", "NetworkPolicy");
    String yaml = (String) map(objects.get("ConfigMap").get("data")).get("relay.yaml");
    Path file = Files.writeString(folder.resolve("relay.yaml"), yaml);
    RelayOptions options = RelayOptions.fromFile(file, ENV).resolved(ENV);
    assertThat(names).contains(options.getCluster().getDns());

    Map<String, Object> set = map(objects.get("StatefulSet").get("spec"));
    Map<String, Object> pod = map(map(set.get("template")).get("spec"));
    assertThat(Duration.ofSeconds((Integer) pod.get("terminationGracePeriodSeconds")))
        .isGreaterThan(options.getShutdownGrace());
    String container = ((List<?>) pod.get("containers")).get(0).toString();
    assertThat(container)
        .contains(
            "containerPort=" + options.getCluster().getPort(),
            "containerPort=" + options.getCluster().getBusPort(),
            "containerPort=" + options.getGateway().getPort(),
            "/health/ready",
            "/health/live");
  }

  @Test
  void systemdGivesTheRelayTimeToDrain() throws Exception {
    String unit = Files.readString(Path.of("conf/llm-relay.service"));
    String seconds = unit.replaceAll("(?s).*TimeoutStopSec=(\\d+).*", "$1");
    assertThat(Duration.ofSeconds(Long.parseLong(seconds)))
        .isGreaterThan(RelayOptions.DEFAULT_SHUTDOWN_GRACE);
  }

  @Test
  void containerListensOnTheNetworkAndRequiresAKey() throws Exception {
    Path conf = Path.of("conf/container.yaml");
    Map<String, String> env = new HashMap<>(ENV);
    assertThatThrownBy(() -> RelayOptions.fromFile(conf, env))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("LLM_RELAY_KEY");
    env.put("LLM_RELAY_KEY", "a-key-of-the-callers-0123");
    RelayOptions options = RelayOptions.fromFile(conf, env).resolved(env);
    assertThat(options.getGateway().getHost()).isEqualTo("0.0.0.0");
    assertThat(options.getBackends()).containsOnlyKeys("openai");

    String file = Files.readString(Path.of("conf/Containerfile"));
    assertThat(file)
        .contains(
            "EXPOSE " + options.getGateway().getPort(), "USER 65532", "scripts/package image");
    Matcher copied = Pattern.compile("COPY --from=build /build/(\\S+)").matcher(file);
    assertThat(copied.results().map(each -> each.group(1)))
        .contains("conf/container.yaml", "target/package/llm-relay");
  }

  /** scripts/package replaces the command of the unit. */
  @Test
  void packageFindsTheCommandOfTheUnit() throws Exception {
    assertThat(Files.readString(Path.of("conf/llm-relay.service")))
        .containsPattern("(?m)^ExecStart=/usr/bin/java -jar /opt/llm-relay/llm-relay.jar serve ");
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(Object value) {
    return (Map<String, Object>) value;
  }
}
