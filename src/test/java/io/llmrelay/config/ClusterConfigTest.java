package io.llmrelay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmrelay.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Configuration of a cluster: where nodes are, and what keeps strangers out. */
class ClusterConfigTest {
  private static final String SECRET = "a-secret-of-the-whole-fleet";
  private static final String BACKEND =
      "backends: {a: {dialect: openai, base-url: http://localhost:1}}\n";

  @TempDir Path folder;

  private RelayOptions load(String yaml) throws IOException {
    Path file = Files.writeString(folder.resolve("relay.yaml"), yaml + "\n" + BACKEND);
    return RelayOptions.fromFile(file, Map.of("SECRET", SECRET));
  }

  private void refused(String yaml, String... complaints) {
    assertThatThrownBy(() -> load(yaml))
        .isInstanceOfSatisfying(
            ConfigException.class,
            e -> {
              assertThat(e.problems()).hasSameSizeAs(complaints);
              for (int i = 0; i < complaints.length; i++) {
                assertThat(e.problems().get(i)).contains(complaints[i]);
              }
            });
  }

  @Test
  void onThisMachineNothingHasToBeSaid() throws IOException {
    ClusterOptions cluster = load("cluster: {}").getCluster();
    assertThat(cluster.getHost()).isEqualTo("127.0.0.1");
    assertThat(cluster.getMembers()).isEmpty();
    assertThat(cluster.isLocal()).isTrue();
    assertThat(load("").getCluster()).isNull();
  }

  @Test
  void aBackendMayNameTheNodesThatServeIt() throws IOException {
    String yaml =
        """
        cluster: {node: %s}
        backends:
          a: {provider: openai, node: gpu}
          b: {dialect: openai, base-url: http://localhost:1, node: gpu, api-key-file: absent}
          c: {dialect: openai, base-url: http://localhost:2}
        """;
    RelayOptions web = read(yaml.formatted("web"));
    assertThat(web.isHere(web.getBackends().get("a"))).isFalse();
    assertThat(web.isHere(web.getBackends().get("c"))).isTrue();
    assertThatThrownBy(() -> read(yaml.formatted("gpu")))
        .as("the nodes that serve it need its key")
        .hasMessageContaining("backends.a has no key: set OPENAI_API_KEY")
        .hasMessageContaining("backends.b.api-key-file");
    assertThatThrownBy(() -> read(yaml.formatted("'a b'")))
        .hasMessageContaining("cluster.node must consist of letters, digits, dots, - and _");
    assertThatThrownBy(() -> read(yaml.replace("cluster: {node: %s}", "")))
        .hasMessageContaining("backends.a.node needs the section cluster");
  }

  private RelayOptions read(String yaml) throws IOException {
    Path file = Files.writeString(folder.resolve("relay.yaml"), yaml);
    return RelayOptions.fromFile(file, Map.of());
  }

  @Test
  void otherMachinesNeedToBeFoundASecretAndTls() throws Exception {
    refused(
        "cluster: {host: 192.0.2.7}",
        "cluster needs members, dns or multicast: where the other nodes are",
        "cluster.secret is missing: other machines can reach cluster.host",
        "cluster.tls is missing: prompts and answers would cross the network unencrypted");
    Certificates.in(folder, "node", "EC");
    ClusterOptions cluster =
        load("""
        cluster:
          host: 192.0.2.7
          members: [192.0.2.8, "relay-3.example:5702", "[2001:db8::1]:5701"]
          secret: ${SECRET}
          tls: {certificate: node.pem, key: node.key, ca: node.pem}
          heartbeat-timeout: 15s
        """)
            .getCluster();
    assertThat(cluster.getMembers()).hasSize(3);
    assertThat(cluster.getTls().getCa()).isEqualTo(folder.resolve("node.pem").toString());
    assertThat(cluster.getHeartbeatTimeout()).isEqualTo(Duration.ofSeconds(15));
    assertThat(cluster.isLocal()).isFalse();
    assertThat(
            load("cluster: {host: 192.0.2.7, dns: relay.example, secret: \"${SECRET}\","
                    + " allow-plaintext: true}")
                .getCluster()
                .getDns())
        .isEqualTo("relay.example");
  }

  @Test
  void theSecretIsNeverShown() throws IOException {
    RelayOptions options = load("cluster: {secret: \"${SECRET}\"}");
    assertThat(options.toString()).doesNotContain(SECRET).contains("llm-relay");
    assertThat(options.getCluster().toString()).doesNotContain(SECRET);
    assertThat(new RelayOptions(options.toJson()).getCluster().getSecret()).isEqualTo(SECRET);
    assertThat(new RelayOptions(options).getCluster().getSecret()).isEqualTo(SECRET);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name: a b | cluster.name must consist of letters",
        "members: ['a:b'] | cluster.members[0] must be a host or host:port",
        "members: ['http://a'] | cluster.members[0] must be a host or host:port",
        "members: [a], dns: b | cluster finds its nodes by one of members, dns and multicast",
        "dns: 'a:1' | cluster.dns must be a DNS name, without a port",
        "host: 0.0.0.0, members: [a], secret: 12345678901234567890, allow-plaintext: true"
            + " | cluster.host must be one address",
        "port: 0 | cluster.port must be from 1 to 65535",
        "bus-port: 5701 | cluster.bus-port must be another one than cluster.port",
        "secret: short | cluster.secret must have at least 20 characters",
        "heartbeat-timeout: 500ms | cluster.heartbeat-timeout must be whole seconds",
        "heartbeat-timeout: 2500ms | cluster.heartbeat-timeout must be whole seconds",
        "heartbeat-timeout: 1h | cluster.heartbeat-timeout must be whole seconds",
        "memebrs: [a] | cluster.memebrs is not a known key; did you mean \"members\"?",
      })
  void mistakesAreNamed(String yaml, String complaint) {
    refused("cluster: {" + yaml + "}", complaint);
  }

  @Test
  void theFilesOfTlsAreChecked() throws Exception {
    Certificates.in(folder, "node", "EC");
    refused(
        "cluster: {tls: {certificate: node.pem, key: node.key}}",
        "cluster.tls.ca is missing: certificate, key and ca must each name a PEM file");
    refused(
        "cluster: {tls: {certificate: node.pem, key: node.key, ca: node.key}}",
        "cluster.tls.ca names a file without a certificate in PEM form");
  }

  @Test
  void anotherClusterTakesARestart() throws IOException {
    RelayOptions from = load("cluster: {name: one}");
    RelayOptions to = load("cluster: {name: two}");
    assertThat(ReloadCheck.restartKeys(from, to)).isEqualTo(List.of("cluster"));
    assertThat(ReloadCheck.withoutRestart(from, to).getCluster().getName()).isEqualTo("one");
    assertThat(ReloadCheck.restartKeys(from, load(""))).isEqualTo(List.of("cluster"));
    assertThat(ReloadCheck.restartKeys(from, from)).isEmpty();
  }
}
