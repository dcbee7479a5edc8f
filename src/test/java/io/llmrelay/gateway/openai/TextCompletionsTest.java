package io.llmrelay.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.SseException;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionChoice;
import com.openai.models.completions.CompletionCreateParams;
import io.llmrelay.LlmRelay;
import io.llmrelay.RelayVerticle;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.GatewayOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.gateway.GatewayVerticle;
import io.llmrelay.gateway.HttpFixture;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxCall;
import io.llmrelay.sandbox.Scenario;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /v1/completions} by OpenAI's Java SDK and by plain HTTP. */
class TextCompletionsTest extends HttpFixture {
  private static final String TEXT = "return \"é\" + b;\n";

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private Sandbox sandbox;
  private OpenAIClient client;

  @BeforeEach
  void start() {
    sandbox = Sandbox.start(vertx).await();
    RelayOptions options = new RelayOptions();
    add(options, "plain", "openai", null, "m");
    add(options, "local", "ollama", null, "m");
    add(options, "mistral", "openai", "mistral", "codestral-latest");
    add(options, "deepseek", "openai", "deepseek", "m");
    add(options, "vllm", "openai", "vllm", "m");
    add(options, "official", "openai", "openai", "gpt-3.5-turbo-instruct");
    add(options, "chat", "openai", "openai", "gpt-6");
    add(options, "claude", "anthropic", null, "m");
    vertx.deployVerticle(new RelayVerticle(options)).await();
    GatewayVerticle gateway =
        new GatewayVerticle(new GatewayOptions().setPort(0), LlmRelay.create(vertx));
    vertx.deployVerticle(gateway).await();
    port = gateway.actualPort();
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl("http://127.0.0.1:" + port + "/v1")
            .apiKey("sk-caller")
            .maxRetries(0)
            .build();
  }

  private void add(
      RelayOptions options, String name, String dialect, String provider, String model) {
    options.addBackend(
        name,
        new BackendOptions()
            .setDialect(dialect)
            .setProvider(provider)
            .setBaseUrl(sandbox.backend(dialect, name))
            .setApiKey("k")
            .setModels(List.of(model)));
    sandbox.script(name, Scenario.ok().text(TEXT).chunkSize(3));
  }

  @AfterEach
  void closeClient() {
    client.close();
  }

  private static JsonObject body(String... candidates) {
    return new JsonObject()
        .put("model", "m")
        .put("prompt", "int add(int a, int b) {\n  ")
        .put("max_tokens", 64)
        .put("relay", new JsonObject().put("candidates", new JsonArray(List.of(candidates))));
  }

  private HttpResponse<String> post(JsonObject body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/completions"))
            .POST(HttpRequest.BodyPublishers.ofString(body.encode()))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static CompletionCreateParams.Builder params(String model) {
    return CompletionCreateParams.builder().model(model).prompt("int add(").suffix("}");
  }

  @Test
  void theSdkReadsAWholeAnswerAndAStream() {
    Completion whole = client.completions().create(params("m").build()).validate();
    CompletionChoice choice = whole.choices().get(0);
    assertThat(choice.text()).isEqualTo(TEXT);
    assertThat(choice.finishReason()).isEqualTo(CompletionChoice.FinishReason.STOP);
    assertThat(whole.id()).startsWith("cmpl-");
    assertThat(whole.usage().orElseThrow().promptTokens()).isPositive();
    StringBuilder text = new StringBuilder();
    try (StreamResponse<Completion> chunks =
        client.completions().createStreaming(params("m").build())) {
      // Its validation wants a finish reason in every chunk, which OpenAI does not send either.
      chunks.stream().forEach(chunk -> text.append(chunk.choices().get(0).text()));
    }
    assertThat(text.toString()).isEqualTo(TEXT);
  }

  @ParameterizedTest
  @CsvSource({
    "plain, true, /plain/v1/completions",
    "plain, false, /plain/v1/completions",
    "local, true, /local/api/generate",
    "local, false, /local/api/generate",
    "mistral, true, /mistral/v1/fim/completions",
    "mistral, false, /mistral/v1/fim/completions",
    "deepseek, true, /deepseek/v1/beta/completions",
    "vllm, false, /vllm/v1/completions",
    "official, true, /official/v1/completions",
    "chat, false, /chat/v1/chat/completions",
    "claude, false, /claude/v1/messages"
  })
  void eachServerIsAskedWhereItContinuesTexts(String backend, boolean suffix, String path)
      throws Exception {
    JsonObject body = body(backend);
    if (suffix) {
      body.put("suffix", "\n}");
    }
    HttpResponse<String> response = post(body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    JsonObject answer = new JsonObject(response.body());
    assertThat(answer.getString("object")).isEqualTo("text_completion");
    assertThat(answer.getJsonArray("choices").getJsonObject(0).getString("text")).isEqualTo(TEXT);
    SandboxCall call = sandbox.calls().get(0);
    assertThat(call.path()).isEqualTo(path);
    boolean continued = !path.contains("chat") && !path.contains("messages");
    assertThat(call.body().getString("prompt"))
        .isEqualTo(continued ? body.getString("prompt") : null);
    assertThat(call.body().getString("suffix")).isEqualTo(suffix ? "\n}" : null);
    assertThat(call.body().getBoolean("raw"))
        .isEqualTo(backend.equals("local") && !suffix ? true : null);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vllm", "chat", "claude"})
  void aCandidateWithoutSuffixIsLeftOut(String backend) throws Exception {
    HttpResponse<String> response = post(body(backend, "local").put("suffix", "}"));
    assertThat(response.headers().firstValue("x-relay-backend")).contains("local");
    assertThat(sandbox.calls(backend)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"503, false", "429, false", "die-after-2, false", "503, true", "die, true"})
  void fallsOverBetweenDialects(String fault, boolean stream) throws Exception {
    sandbox.script("plain", Scenario.of(fault));
    sandbox.script("mistral", Scenario.of(fault));
    HttpResponse<String> response =
        post(body("plain", "mistral", "local").put("suffix", "}").put("stream", stream));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("x-relay-backend")).contains("local");
    assertThat(response.headers().firstValue("x-relay-attempts")).contains("3");
    assertThat(stream ? text(response.body()) : response.body()).contains(stream ? TEXT : "é");
  }

  private static String text(String events) {
    StringBuilder text = new StringBuilder();
    for (JsonObject event : events(events)) {
      for (Object choice : event.getJsonArray("choices")) {
        text.append(((JsonObject) choice).getString("text"));
      }
    }
    return text.toString();
  }

  @Test
  void aStreamEndsWithUsageWhereItIsAskedFor() throws Exception {
    JsonObject body =
        body("plain")
            .put("stream", true)
            .put("stream_options", new JsonObject().put("include_usage", true));
    List<JsonObject> events = events(post(body).body());
    JsonObject last = events.get(events.size() - 1);
    assertThat(last.getJsonArray("choices")).isEmpty();
    assertThat(last.getJsonObject("usage").getInteger("completion_tokens")).isPositive();
    JsonObject end = events.get(events.size() - 2).getJsonArray("choices").getJsonObject(0);
    assertThat(end.getString("finish_reason")).isEqualTo("stop");
  }

  @Test
  void aBrokenAnswerIsAnErrorToTheSdk() {
    sandbox.script("plain", Scenario.of("die-after-3").text(TEXT).chunkSize(1));
    assertThatThrownBy(
            () -> {
              try (StreamResponse<Completion> chunks =
                  client.completions().createStreaming(params("plain/m").build())) {
                chunks.stream().forEach(chunk -> {});
              }
            })
        .isInstanceOf(SseException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'prompt': ['a', 'b']} | prompt",
        "{'prompt': [1, 2]} | prompt",
        "{'prompt': null} | prompt",
        "{'echo': true} | echo",
        "{'n': 2} | n",
        "{'best_of': 2} | best_of",
        "{'logprobs': 5} | logprobs",
        "{'suffix': 7} | suffix",
        "{'messages': []} | messages",
        "{'temperature': 3} | temperature"
      })
  void whatIsNotSupportedIsRefusedByName(String fields, String param) throws Exception {
    JsonObject body = body("plain").mergeIn(new JsonObject(fields.replace('\'', '"')));
    HttpResponse<String> response = post(body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
    assertThat(new JsonObject(response.body()).getJsonObject("error").getString("param"))
        .isEqualTo(param);
    assertThat(sandbox.calls()).isEmpty();
  }

  @Test
  void neutralValuesAreAccepted() throws Exception {
    JsonObject body =
        body("plain")
            .put("prompt", JsonArray.of("a"))
            .put("echo", false)
            .put("n", 1)
            .put("best_of", 1)
            .put("logprobs", 0)
            .put("suffix", "");
    assertThat(post(body).statusCode()).isEqualTo(200);
    assertThat(sandbox.calls().get(0).body().fieldNames())
        .doesNotContain("suffix", "echo", "best_of", "logprobs", "messages", "continuation");
  }
}
