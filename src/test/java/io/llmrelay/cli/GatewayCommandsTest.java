package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmrelay.Certificates;
import io.llmrelay.config.GatewayKeyOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway with keys: the commands key, serve and chat together. */
class GatewayCommandsTest {
  @TempDir Path folder;

  @Test
  void generatesAKeyForTheConfiguration() throws Exception {
    Cli made = Cli.run("key", "anne");
    assertThat(made.exitCode()).isZero();
    Matcher key = Pattern.compile("  (llmr-\\S{43})\\R").matcher(made.out());
    assertThat(key.find()).as(made.out()).isTrue();
    assertThat(made.out()).contains("sha256: " + GatewayKeyOptions.sha256(key.group(1)));
    assertThat(Cli.run("key").out()).contains("my-app:").doesNotContain(key.group(1));
    assertThat(Cli.run("key", "no name").exitCode()).isEqualTo(2);

    String yaml = made.out().substring(made.out().indexOf("gateway:")).stripIndent();
    Path conf = folder.resolve("relay.yaml");
    Files.writeString(conf, yaml.replaceFirst("gateway:", "  gateway:\n    port: 0"));
    try (Cli serve = Cli.start("--conf", conf.toString(), "--host", "0.0.0.0")) {
      String url = serve.awaitOut("listening at (http://127.0.0.1:\\d+)").group(1);
      serve.awaitOut("Ctrl-C");
      assertThat(serve.out())
          .contains("Callers: with one of these keys: anne")
          .contains("-H 'authorization: Bearer KEY'")
          .doesNotContain(key.group(1), GatewayKeyOptions.sha256(key.group(1)));

      Cli refused = Cli.run("chat", "--url", url, "Hello");
      assertThat(refused.exitCode()).isEqualTo(1);
      assertThat(refused.err()).startsWith("The gateway answered 401: send one of this gateway's");
      Cli chat = Cli.run(Map.of("LLM_RELAY_KEY", key.group(1)), "chat", "--url", url, "Hello");
      assertThat(chat.exitCode()).as(chat.err()).isZero();
      assertThat(chat.out()).startsWith("Hello, this is primary.");
      Cli pasted =
          Cli.run(Map.of("LLM_RELAY_KEY", key.group(1) + "\n"), "chat", "--url", url, "Hello");
      assertThat(pasted.exitCode()).as(pasted.err()).isZero();
      Cli odd = Cli.run(Map.of("LLM_RELAY_KEY", "llmr-a\nb"), "chat", "--url", url, "Hello");
      assertThat(odd.exitCode()).isEqualTo(1);
      assertThat(odd.err())
          .startsWith("LLM_RELAY_KEY must be one line of visible ASCII characters")
          .doesNotContain("--url", "llmr-a");
    }
  }

  @Test
  void refusesToServeWithoutKeys() throws Exception {
    Path conf = Files.writeString(folder.resolve("relay.yaml"), "gateway: {port: 0}\n");
    Cli refused = Cli.run("--conf", conf.toString(), "--host", "0.0.0.0");
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err())
        .startsWith(conf + ": gateway.keys is empty, and other machines can reach gateway.host")
        .contains("gateway.allow-anonymous: true");
    assertThat(Cli.run("--port", "0", "--host", "0.0.0.0").err())
        .startsWith("defaults: gateway.keys is empty");

    Files.writeString(conf, "gateway: {port: 0, host: 0.0.0.0, allow-anonymous: true}\n");
    try (Cli serve = Cli.start("--conf", conf.toString())) {
      serve.awaitOut("Callers: ANY client that can reach it, without a key");
      serve.awaitOut("Ctrl-C");
    }
    Files.writeString(conf, "gateway: {port: 0, host: 0.0.0.0}\n");
    try (Cli serve = Cli.start("--conf", conf.toString(), "--host", "127.0.0.1")) {
      serve.awaitOut("Callers: any client on this machine");
      serve.awaitOut("Ctrl-C");
    }
  }

  @Test
  void printsHttpsAndAdminAddresses() throws Exception {
    Certificates own = Certificates.in(folder, "EC", "EC");
    Path conf =
        Files.writeString(
            folder.resolve("relay.yaml"),
            """
            gateway:
              port: 0
              tls: {certificate: EC.pem, key: EC.key}
              admin: {port: 0}
            """);
    try (Cli serve = Cli.start("--conf", conf.toString())) {
      String url = serve.awaitOut("listening at (https://127.0.0.1:\\d+)").group(1);
      serve.awaitOut("Ctrl-C");
      assertThat(serve.out()).contains("curl -N --cacert CERTIFICATE.pem " + url);
      String admin = serve.awaitOut("reloading: (http://127.0.0.1:\\d+)").group(1);
      HttpClient client = HttpClient.newBuilder().sslContext(own.trusting()).build();
      assertThat(get(client, url + "/v1/models").body()).contains("primary/mock-model");
      assertThat(get(client, url + "/metrics").statusCode()).isEqualTo(404);
      // The JVM's meters are bound after the port is open.
      await()
          .untilAsserted(
              () ->
                  assertThat(get(client, admin + "/metrics").body())
                      .contains("jvm_memory_used_bytes"));
      assertThat(get(client, admin + "/health/ready?probe=true").body())
          .contains("\"probe\":{", "\"name\":\"claude\"");
    }
  }

  private static HttpResponse<String> get(HttpClient client, String url) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void logMessagesCannotForgeRecords() {
    LogRecord record = new LogRecord(Level.WARNING, "{0} failed");
    record.setLoggerName("io.llmrelay");
    record.setParameters(new Object[] {"a\r\n2026-01-01 00:00:00.000 SEVERE x: forged\u001b[31m"});
    record.setThrown(new IllegalStateException("b\n2026-01-01 00:00:00.000 SEVERE y: forged"));

    String text = new LogFormat().format(record);

    assertThat(text.lines().filter(line -> !line.startsWith("    ")))
        .singleElement()
        .asString()
        .matches(
            "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} \\S+ io\\.llmrelay:"
                + " a\\?\\?2026-01-01 00:00:00\\.000 SEVERE x: forged\\?\\[31m failed");
    assertThat(text).contains("    java.lang.IllegalStateException: b", "    at io.llmrelay.cli");
  }
}
