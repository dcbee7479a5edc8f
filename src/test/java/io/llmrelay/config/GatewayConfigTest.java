package io.llmrelay.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmrelay.Certificates;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Configuration of keys, TLS files, hosts and anonymous access. */
class GatewayConfigTest {
  private static final String KEY = "llmr-anne-0123456789-abcdefghij";
  private static final String BACKEND =
      "backends: {a: {dialect: openai, base-url: http://localhost:1}}\n";

  @TempDir Path folder;

  private RelayOptions load(String yaml) throws IOException {
    Path file = Files.writeString(folder.resolve("relay.yaml"), yaml + "\n" + BACKEND);
    Map<String, String> env = Map.of("ANNE", KEY);
    return RelayOptions.fromFile(file, env).resolved(env);
  }

  private void refused(String yaml, String complaint) {
    assertThatThrownBy(() -> load(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessage(folder.resolve("relay.yaml") + complaint);
  }

  @Test
  void storesOnlyTheHashOfAKey() throws IOException {
    RelayOptions options = load("gateway: {keys: {anne: {key: \"${ANNE}\", max-concurrent: 7}}}");

    GatewayKeyOptions anne = options.getGateway().getKeys().get("anne");
    String hash = GatewayKeyOptions.sha256(KEY);
    assertThat(hash).isEqualTo(anne.getSha256()).matches("[0-9a-f]{64}");
    JsonObject json = options.toJson();
    assertThat(json.encode()).doesNotContain(KEY).contains(hash);
    for (Object shown : new Object[] {options, options.getGateway(), anne}) {
      assertThat(shown.toString()).doesNotContain(KEY, hash).contains("\"max-concurrent\":7");
    }
    RelayOptions again = new RelayOptions(json).resolved(Map.of());
    assertThat(again.toJson()).isEqualTo(json);
    assertThat(again.getGateway().getKeys().get("anne").getMaxConcurrent()).isEqualTo(7);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"})
  void loopbackNeedsNoKey(String host) throws IOException {
    assertThat(load("gateway: {host: '" + host + "'}").getGateway().isLocal()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "192.168.0.7", "relay.example", "127.0.0.1.nip.io"})
  void otherAddressesNeedAKey(String host) throws IOException {
    String listen = "gateway: {host: '" + host + "'";
    refused(
        listen + "}",
        ": gateway.keys is empty, and other machines can reach gateway.host "
            + host
            + ": name a key (\"llm-relay key\" generates one), or listen at 127.0.0.1, or set"
            + " gateway.allow-anonymous: true");
    assertThat(load(listen + ", allow-anonymous: true}").getGateway().isLocal()).isFalse();
    assertThat(load(listen + ", keys: {anne: {key: \"${ANNE}\"}}}").getGateway().getKeys())
        .containsOnlyKeys("anne");
  }

  @Test
  void mayOverrideIsChecked() throws IOException {
    String keys = "gateway: {keys: {anne: {key: \"${ANNE}\", may-override: ";
    GatewayKeyOptions anne = load(keys + "[commit]}}}").getGateway().getKeys().get("anne");
    assertThat(anne.getMayOverride()).containsExactly("commit");
    assertThat(load(keys + "[]}}}").getGateway().getKeys().get("anne").getMayOverride()).isEmpty();
    assertThat(new GatewayKeyOptions().getMayOverride()).isNull();
    refused(
        keys + "[commits]}}}",
        ":1: gateway.keys.anne.may-override[0] is unknown: \"commits\"; did you mean \"commit\"?"
            + " (known: timeouts, retries, candidates, commit, prefer, hedge, resume)");
  }

  @Test
  void hostsAreChecked() throws IOException {
    RelayOptions options =
        load("gateway: {heartbeat: 0s, hosts: [relay.example, 192.0.2.7, '::1', '[2001:db8::1]']}");
    assertThat(options.getGateway().getHosts()).hasSize(4);
    assertThat(options.getGateway().getHeartbeat()).isZero();
    for (String host : new String[] {"'relay.example:80'", "'http://relay'", "''", "'a b'"}) {
      refused(
          "gateway: {hosts: [" + host + "]}",
          ":1: gateway.hosts[0] must be a host name or an address, without a port");
    }
    refused(
        "gateway: {heartbeat: -1s}",
        ":1: gateway.heartbeat must be a duration such as 250ms, 10s, 5m or 1h");
    refused(
        "gateway: {write-idle-timeout: 0s}",
        ":1: gateway.write-idle-timeout must be longer than 0");
  }

  @Test
  void tlsFilesAreChecked() throws Exception {
    for (String algorithm : new String[] {"EC", "RSA"}) {
      Certificates.in(folder, algorithm, algorithm);
    }
    Certificates other = Certificates.in(folder, "other", "EC");
    Files.writeString(folder.resolve("empty.pem"), "");
    Files.writeString(
        folder.resolve("encrypted.key"),
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");

    for (String algorithm : new String[] {"EC", "RSA"}) {
      TlsOptions tls = load(tls(algorithm + ".pem", algorithm + ".key")).getGateway().getTls();
      assertThat(tls.getCertificate()).isEqualTo(folder.resolve(algorithm + ".pem").toString());
      assertThat(tls.getKey()).isEqualTo(folder.resolve(algorithm + ".key").toString());
    }
    assertThat(other.key()).exists();
    String at = ":1: gateway.tls.";
    refused(
        "gateway: {tls: {certificate: EC.pem}}",
        at + "key is missing: certificate and key must both name a PEM file");
    String missing =
        " names a file that cannot be read: there is no such file (a relative name starts at the"
            + " configuration's folder)";
    refused(tls("no.pem", "EC.key"), at + "certificate" + missing);
    refused(tls("EC.pem", "no.key"), at + "key" + missing);
    refused(tls("EC.pem", "."), at + "key names a file that cannot be read: it is not a file");
    for (String file : new String[] {"empty.pem", "EC.key"}) {
      refused(
          tls(file, "EC.key"),
          at
              + "certificate names a file without a certificate in PEM form"
              + " (-----BEGIN CERTIFICATE-----)");
    }
    for (String file : new String[] {"empty.pem", "EC.pem", "RSA.key"}) {
      refused(
          tls("EC.pem", file),
          at
              + "key names a file without the certificate's private key, RSA or EC, in PEM form"
              + " (-----BEGIN PRIVATE KEY-----)");
    }
    refused(
        tls("EC.pem", "other.key"),
        at + "key names a private key that does not belong to the certificate");
    refused(
        tls("EC.pem", "encrypted.key"),
        at + "key names an encrypted private key; it must not be encrypted");
  }

  @Test
  void secretInPlaceOfAFileNameIsNotShown() throws Exception {
    Certificates own = Certificates.in(folder, "EC", "EC");
    String pem = Files.readString(own.key());
    String line = pem.lines().skip(1).findFirst().orElseThrow();
    for (String key : new String[] {pem, line}) {
      String json = new JsonObject().put("certificate", "EC.pem").put("key", key).encode();
      assertThatThrownBy(() -> load("gateway: {tls: " + json + "}"))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("gateway.tls.key")
          .message()
          .doesNotContain(line);
    }
  }

  private static String tls(String certificate, String key) {
    return "gateway: {tls: {certificate: " + certificate + ", key: " + key + "}}";
  }
}
