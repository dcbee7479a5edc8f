package io.llmrelay;

import static io.llmrelay.Relays.get;
import static io.llmrelay.Relays.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import io.llmrelay.chat.Attempt;
import io.llmrelay.chat.Embedding;
import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.chat.Embeddings;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.Plan;
import io.llmrelay.chat.SkipReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.ModelOptions;
import io.llmrelay.config.RelayOptions;
import io.llmrelay.sandbox.Scenario;
import io.llmrelay.sandbox.dialect.Vectors;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Embeddings through the front door, over real HTTP. */
@Timeout(60)
class EmbeddingsTest {
  private static final String MODEL = "nomic-embed-text";

  @RegisterExtension static final Relays relays = new Relays();

  private String one;
  private String two;

  @BeforeEach
  void nameBackends() {
    one = unique("one");
    two = unique("two");
  }

  private static RelayOptions options(String name, BackendOptions backend) {
    return new RelayOptions().addBackend(name, backend);
  }

  /** Two backends of one model: {@code one} of a dialect, then {@code two} of OpenAI's. */
  private RelayOptions both(String dialect) {
    return options(one, relays.backend(dialect, one, MODEL))
        .addBackend(two, relays.backend("openai", two, MODEL));
  }

  private static EmbeddingRequest request(String... inputs) {
    return EmbeddingRequest.of(inputs).withModel(MODEL);
  }

  private static void assertVectors(Embeddings answer, String... inputs) {
    assertThat(answer.vectors()).hasSize(inputs.length);
    for (int i = 0; i < inputs.length; i++) {
      assertThat(answer.vectors().get(i).toArray())
          .containsExactly(Vectors.of(MODEL, inputs[i], null), within(1e-6f));
    }
  }

  private static Failure failure(Relays.Relay relay, EmbeddingRequest request) {
    return catchThrowableOfType(LlmException.class, () -> get(relay.client().embed(request)))
        .failure();
  }

  @ParameterizedTest
  @CsvSource({"openai, 7", "gemini, 7", "cohere, 7", "ollama, 7", "cloudflare, -1"})
  void eachDialectEmbedsABatch(String dialect, int tokens) {
    Relays.Relay relay = relays.deploy(options(one, relays.backend(dialect, one, MODEL)));
    Embeddings answer = get(relay.client().embed(request("Grüße", "日本 \"x\"\n", "third text")));
    assertVectors(answer, "Grüße", "日本 \"x\"\n", "third text");
    assertThat(answer.backend()).isEqualTo(one);
    assertThat(answer.model()).isEqualTo(MODEL);
    assertThat(answer.trail()).hasSize(1);
    assertThat(answer.usage().outputTokens()).isZero();
    assertThat(answer.usage().source())
        .isEqualTo(tokens < 0 ? TokenUsage.Source.ESTIMATED : TokenUsage.Source.PROVIDER);
    assertThat(answer.usage().inputTokens()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"anthropic", "bedrock"})
  void aDialectWithoutEmbeddingsIsLeftOut(String dialect) {
    Relays.Relay relay = relays.deploy(both(dialect));
    assertThat(get(relay.client().embed(request("text"))).trail()).hasSize(1);
    assertThat(relays.calls(one)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai", "gemini", "cohere", "ollama"})
  void dimensionsAreAskedFor(String dialect) {
    Relays.Relay relay = relays.deploy(options(one, relays.backend(dialect, one, MODEL)));
    Embeddings answer = get(relay.client().embed(request("text").withDimensions(7)));
    assertThat(answer.vectors().get(0).dimensions()).isEqualTo(7);
  }

  @Test
  void aDialectWithoutDimensionsIsLeftOut() {
    Relays.Relay relay = relays.deploy(both("cloudflare"));
    Embeddings answer = get(relay.client().embed(request("text").withDimensions(7)));
    assertThat(answer.backend()).isEqualTo(two);
    assertThat(relays.calls(one)).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "openai, 429, rate_limited",
    "openai, 503, overloaded",
    "openai, die, network",
    "openai, die-after-0, network",
    "openai, reset-after-0, network",
    "openai, end-after-0, network",
    "openai, malformed, server_error",
    "openai, empty, server_error",
    "gemini, 429, rate_limited",
    "gemini, 503, overloaded",
    "gemini, end-after-0, network",
    "cohere, 429, rate_limited",
    "cohere, 503, overloaded",
    "cohere, die-after-0, network",
    "ollama, 429, quota_exhausted",
    "ollama, 503, overloaded",
    "ollama, end-after-0, network",
    "cloudflare, 429, overloaded",
    "cloudflare, 503, overloaded",
    "cloudflare, end-after-0, network"
  })
  void fallsOverToAnotherBackendOfTheModel(String dialect, String fault, String reason) {
    Relays.Relay relay = relays.deploy(both(dialect));
    relays.sandbox().script(one, Scenario.of(fault));
    Embeddings answer = get(relay.client().embed(request("a", "b")));
    assertVectors(answer, "a", "b");
    assertThat(answer.backend()).isEqualTo(two);
    assertThat(answer.trail())
        .extracting(Attempt::result)
        .containsExactly(Attempt.Result.FAILED, Attempt.Result.SERVED);
    assertThat(answer.trail().get(0).reason()).isEqualTo(reason);
  }

  @Test
  void anotherModelNeverServes() {
    RelayOptions options =
        options(one, relays.backend("openai", one, MODEL))
            .addBackend(two, relays.backend("openai", two, "other-embedding"));
    Relays.Relay relay = relays.deploy(options);
    relays.sandbox().script(one, Scenario.http(503));
    Failure failure = failure(relay, request("a"));
    assertThat(failure.kind()).isEqualTo(FailureKind.OVERLOADED);
    assertThat(failure.trail()).hasSize(2);
    assertThat(failure.trail().get(1).result()).isEqualTo(Attempt.Result.SKIPPED);
    assertThat(failure.trail().get(1).reason()).isEqualTo(SkipReason.OTHER_MODEL.code());
    assertThat(relays.calls(two)).isZero();
  }

  @Test
  void anAliasOfTwoModelsServesTheFirstOnly() {
    RelayOptions options =
        options(one, relays.backend("openai", one, "a-model"))
            .addBackend(two, relays.backend("openai", two, "b-model"))
            .addAlias("embed", one + "/a-model", two + "/b-model");
    Relays.Relay relay = relays.deploy(options);
    relays.sandbox().script(one, Scenario.http(503));
    Failure failure = failure(relay, request("a").withModel("embed"));
    assertThat(failure.trail())
        .extracting(Attempt::reason)
        .containsExactly("overloaded", "other_model");
    Plan plan = get(relay.client().plan(request("a").withModel("embed")));
    assertThat(plan.candidates())
        .extracting(Plan.Entry::backend, Plan.Entry::skip)
        .contains(org.assertj.core.groups.Tuple.tuple(two, SkipReason.OTHER_MODEL));
  }

  @Test
  void onePublishersNameIsTheSameModel() {
    RelayOptions options =
        options(one, relays.backend("cloudflare", one, "@cf/baai/bge-m3"))
            .addBackend(two, relays.backend("ollama", two, "bge-m3:latest"))
            .addAlias("bge", one + "/@cf/baai/bge-m3", two + "/bge-m3:latest");
    Relays.Relay relay = relays.deploy(options);
    relays.sandbox().script(one, Scenario.http(503));
    assertThat(get(relay.client().embed(request("a").withModel("bge"))).backend()).isEqualTo(two);
  }

  @Test
  void aChatModelIsNotAskedForEmbeddingsNorAnEmbeddingModelForChats() {
    ModelOptions chat =
        new ModelOptions("c", one, 8192, null, null, List.of("streaming"), null, null, null);
    ModelOptions embedding =
        new ModelOptions("e", one, 8192, null, null, List.of("embeddings"), null, null, null);
    BackendOptions backend = relays.backend("openai", one, "c").setModels(List.of("c", "e"));
    Relays.Relay relay = relays.deploy(options(one, backend).setCatalog(List.of(chat, embedding)));
    assertThat(failure(relay, request("a").withModel("c")).message())
        .contains("the model does not support embeddings, according to the catalogue");
    io.llmrelay.chat.ChatRequest hello =
        io.llmrelay.chat.ChatRequest.of(io.llmrelay.chat.ChatMessage.user("hello")).withModel("e");
    assertThat(get(relay.client().plan(hello)).candidates().get(0).message())
        .contains("the model does not support chat, according to the catalogue");
    assertThat(get(relay.client().embed(request("a").withModel("e"))).backend()).isEqualTo(one);
    assertThat(relays.calls(one)).isEqualTo(1);
  }

  @Test
  void costsWhatTheInputCosts() {
    ModelOptions priced =
        new ModelOptions(MODEL, one, null, null, new ModelOptions.Price(2.0, 0.0, null));
    Relays.Relay relay =
        relays.deploy(
            options(one, relays.backend("openai", one, MODEL)).setCatalog(List.of(priced)));
    Embeddings answer = get(relay.client().embed(request("four letters of text")));
    assertThat(answer.costUsd()).isEqualTo(answer.usage().inputTokens() * 2e-6, within(1e-12));
  }

  @Test
  void tokensGoToADialectThatHasThem() {
    Relays.Relay relay = relays.deploy(both("gemini"));
    JsonObject body =
        new JsonObject().put("model", MODEL).put("input", JsonArray.of(JsonArray.of(1, 2, 3)));
    Embeddings answer = get(relay.client().embed(EmbeddingRequest.fromJson(body)));
    assertThat(answer.backend()).isEqualTo(two);
    assertThat(answer.vectors()).hasSize(1);
  }

  @Test
  void aBatchThatADialectCannotTakeAtOnceGoesElsewhere() {
    Relays.Relay relay = relays.deploy(both("gemini"));
    List<String> texts = Collections.nCopies(101, "text");
    Embeddings answer = get(relay.client().embed(EmbeddingRequest.of(texts).withModel(MODEL)));
    assertThat(answer.backend()).isEqualTo(two);
    assertThat(answer.vectors()).hasSize(101);
  }

  @Test
  void aLargeBatchIsHeldUntilItIsWhole() {
    Relays.Relay relay = relays.deploy(options(one, relays.backend("openai", one, MODEL)));
    List<String> texts = IntStream.range(0, 1500).mapToObj(i -> "text " + i).toList();
    Embeddings answer =
        get(relay.client().embed(EmbeddingRequest.of(texts).withModel(MODEL).withDimensions(1000)));
    assertThat(answer.vectors()).hasSize(1500);
    assertThat(answer.vectors().get(1499).toArray())
        .containsExactly(Vectors.of(MODEL, "text 1499", 1000), within(1e-6f));
  }

  @Test
  void whatTheDialectLacksIsNamedInAWarning() {
    Relays.Relay relay = relays.deploy(options(one, relays.backend("ollama", one, MODEL)));
    Embeddings answer =
        get(relay.client().embed(request("a").withUser("u").withInputType("search_query")));
    assertThat(answer.warning()).isEqualTo("input_type, user were left out");
  }

  @ParameterizedTest
  @CsvSource({
    "gemini, gemini-embedding-001, query, RETRIEVAL_QUERY",
    "gemini, gemini-embedding-001, passage, RETRIEVAL_DOCUMENT",
    "cohere, embed-v4.0, RETRIEVAL_QUERY, search_query",
    "cohere, embed-v4.0, , search_document",
  })
  void theInputTypeIsTranslated(String dialect, String model, String asked, String sent) {
    Relays.Relay relay = relays.deploy(options(one, relays.backend(dialect, one, model)));
    get(relay.client().embed(request("a").withModel(model).withInputType(asked)));
    assertThat(relays.sandbox().calls(one).get(0).body().encode()).contains('"' + sent + '"');
  }

  @Test
  void aReplyOnTheEventBusHasTheVectorsInTheFormThatIsAskedFor() {
    Relays.Relay relay = relays.deploy(options(one, relays.backend("openai", one, MODEL)));
    JsonObject body = new JsonObject().put("model", MODEL).put("input", "text");
    JsonObject floats = ask(relay, body);
    JsonObject base64 = ask(relay, body.copy().put("encoding_format", "base64"));
    float[] expected = Vectors.of(MODEL, "text", null);
    assertThat(Embeddings.fromJson(floats).vectors().get(0).toArray()).containsExactly(expected);
    assertThat(base64.getJsonArray("embeddings").getString(0))
        .isEqualTo(Embedding.of(expected).base64());
    assertThat(floats.getJsonObject("usage").getLong("input_tokens")).isPositive();
  }

  private static JsonObject ask(Relays.Relay relay, JsonObject body) {
    return (JsonObject)
        get(relays.vertx().eventBus().request(relay.prefix() + ".embed", body)).body();
  }

  @Test
  void anAddressTakesItsOwnKindOfRequestOnly() {
    Relays.Relay relay = relays.deploy(options(one, relays.backend("openai", one, MODEL)));
    JsonObject chat = new JsonObject().put("messages", JsonArray.of());
    JsonObject embed = new JsonObject().put("model", MODEL).put("input", "text");
    for (var each : List.of(Map.entry("embed", chat), Map.entry("generate", embed))) {
      assertThat(
              catchThrowableOfType(
                      io.vertx.core.eventbus.ReplyException.class,
                      () ->
                          get(
                              relays
                                  .vertx()
                                  .eventBus()
                                  .request(relay.prefix() + "." + each.getKey(), each.getValue())))
                  .failureCode())
          .isEqualTo(400);
    }
    assertThat(relays.calls(one)).isZero();
  }

  @Test
  void cancellingAbortsTheBackendsRequest() {
    Relays.Relay relay = relays.deploy(options(one, relays.backend("openai", one, MODEL)));
    relays.sandbox().script(one, Scenario.of("stall"));
    Promise<Void> cancel = Promise.promise();
    Promise<Void> called = Promise.promise();
    relays.sandbox().callHandler(call -> called.tryComplete());
    var answer = relay.client().embed(request("a"), cancel.future());
    get(called.future());
    relays.sandbox().callHandler(null);
    cancel.complete();
    Failure failure = catchThrowableOfType(LlmException.class, () -> get(answer)).failure();
    assertThat(failure.kind()).isEqualTo(FailureKind.CANCELLED);
    Relays.eventually(() -> assertThat(relays.sandbox().activeRequests()).isZero());
  }

  @Test
  void hooksSeeTheRequestFromStartToEnd() {
    Relays.Relay relay = relays.deploy(both("openai"));
    relays.sandbox().script(one, Scenario.http(503));
    get(relay.client().embed(request("a")));
    Relays.eventually(() -> assertThat(relay.hooks().ends()).hasSize(1));
    assertThat(relay.hooks().ofRequests())
        .containsExactly(
            "onRequestStart",
            "onAttemptStart 1 " + one,
            "onAttemptEnd 1 %s: overloaded".formatted(one),
            "onFallback %s/%s > %s/%s: overloaded".formatted(one, MODEL, two, MODEL),
            "onAttemptStart 2 " + two,
            "onFirstChunk " + two,
            "onAttemptEnd 2 %s: served".formatted(two),
            "onRequestEnd %s: stop".formatted(two));
  }

  /** Answers that are no answers: what a server sends instead of one vector for each input. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"data\":[{\"index\":0,\"embedding\":[1,2]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1,2]},{\"index\":0,\"embedding\":[1,2]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1,2]},{\"index\":2,\"embedding\":[1,2]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1,2]},{\"index\":1,\"embedding\":[1]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1,2]},{\"index\":1,\"embedding\":[1,null]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1,2]},{\"index\":1,\"embedding\":\"%\"}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[]},{\"index\":1,\"embedding\":[]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[1e999]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":\"AADAfw==\"}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":\"AADA\"}]}",
        "{\"data\":[]}",
        "{}",
        "[]",
        "[1]",
        "7",
        "{\"error\":{\"message\":\"overloaded\"}}",
        "data: {\"x\":1}\n\n",
        "<html>"
      })
  void anAnswerThatIsNoneFallsOver(String body) {
    HttpServer server =
        get(
            relays
                .vertx()
                .createHttpServer()
                .requestHandler(
                    http -> http.response().putHeader("content-type", "application/json").end(body))
                .listen(0, "127.0.0.1"));
    BackendOptions odd =
        relays
            .backend("openai", one, MODEL)
            .setBaseUrl("http://127.0.0.1:" + server.actualPort() + "/v1");
    Relays.Relay relay =
        relays.deploy(options(one, odd).addBackend(two, relays.backend("openai", two, MODEL)));
    Embeddings answer = get(relay.client().embed(request("a", "b")));
    assertThat(answer.backend()).isEqualTo(two);
    assertThat(answer.trail().get(0).result()).isEqualTo(Attempt.Result.FAILED);
    get(server.close());
  }

  /** What servers do that is odd and still an answer. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"data\":[{\"embedding\":[3,4],\"index\":1},{\"embedding\":[1,2],\"index\":0}],\"x\":[[7]]}",
        "{\"data\":[{\"object\":\"embedding\",\"embedding\":[1,2]},{\"embedding\":[3,4]}]}",
        "{\"usage\":null,\"data\":[{\"index\":0,\"embedding\":\"AACAPwAAAEA=\"},"
            + "{\"index\":1,\"embedding\":[3e0,4.0]}],\"model\":7}",
        "  {\"data\" : [ {\"index\":0, \"embedding\" : [1 , 2 ]},\n"
            + " {\"index\":1,\"embedding\":[3,4]}]}"
      })
  void anOddAnswerIsRead(String body) {
    HttpServer server =
        get(
            relays
                .vertx()
                .createHttpServer()
                .requestHandler(http -> trickle(http.response(), Buffer.buffer(body)))
                .listen(0, "127.0.0.1"));
    BackendOptions odd =
        relays
            .backend("openai", one, MODEL)
            .setBaseUrl("http://127.0.0.1:" + server.actualPort() + "/v1");
    Relays.Relay relay = relays.deploy(options(one, odd));
    List<float[]> vectors = new ArrayList<>();
    get(relay.client().embed(request("a", "b")))
        .vectors()
        .forEach(vector -> vectors.add(vector.toArray()));
    assertThat(vectors.get(0)).containsExactly(1, 2);
    assertThat(vectors.get(1)).containsExactly(3, 4);
    get(server.close());
  }

  /** Sends a body byte by byte. */
  private static void trickle(io.vertx.core.http.HttpServerResponse response, Buffer body) {
    response.setChunked(true);
    for (int i = 0; i < body.length(); i++) {
      response.write(body.slice(i, i + 1));
    }
    response.end();
  }
}
