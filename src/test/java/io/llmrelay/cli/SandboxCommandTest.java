package io.llmrelay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class SandboxCommandTest {

  private static int status(String baseUrl) throws Exception {
    return post(baseUrl).statusCode();
  }

  private static HttpResponse<String> post(String baseUrl) throws Exception {
    String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(baseUrl + "/primary/v1/chat/completions"))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void playsTheScenariosOfAScript() throws Exception {
    try (Cli sandbox = Cli.start("sandbox", "--port", "0", "--script", "primary=503,model")) {
      String url = sandbox.awaitOut("listening at (http://\\S+)").group(1);
      assertThat(status(url)).isEqualTo(503);
      assertThat(status(url)).isEqualTo(200);
      assertThat(status(url)).isEqualTo(200);
    }
  }

  @Test
  void playsTheScenariosOfAnArray() throws Exception {
    String script = "primary=[\"503\", {\"scenario\": \"model\", \"text\": \"My, own = text\"}]";
    try (Cli sandbox = Cli.start("sandbox", "--port", "0", "--script", script)) {
      String url = sandbox.awaitOut("listening at (http://\\S+)").group(1);
      assertThat(status(url)).isEqualTo(503);
      assertThat(post(url).body()).contains("My, own = text");
    }
  }

  @Test
  void refusesAnInvalidArray() {
    Cli sandbox = Cli.run("sandbox", "--port", "0", "--script", "primary=[503");
    assertThat(sandbox.exitCode()).isEqualTo(1);
    assertThat(sandbox.err()).startsWith("--script: not a JSON array: [503");
  }

  @Test
  void refusesUnknownScenarios() {
    Cli sandbox = Cli.run("sandbox", "--port", "0", "--script", "primary=dye");
    assertThat(sandbox.exitCode()).isEqualTo(1);
    assertThat(sandbox.err())
        .startsWith("scenarios.primary[0]: Unknown scenario 'dye'")
        .doesNotContain("\tat ");
  }
}
