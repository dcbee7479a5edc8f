package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.Documents;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.chat.Setting;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The tables in docs/dialects.md are what the dialects do with a request. */
class DialectReferenceTest {
  private static final String DOCUMENT = "docs/dialects.md";
  private static final Collection<String> DIALECTS = new TreeSet<>(Dialects.names());

  /** A value of each setting that a dialect with an equal can take over. */
  private static final JsonObject EXAMPLES =
      new JsonObject(
          """
          {"frequency_penalty": 0.5, "presence_penalty": 0.5, "logit_bias": {"1": 2},
           "logprobs": true, "top_logprobs": 2, "top_k": 40, "min_p": 0.1,
           "parallel_tool_calls": false, "reasoning_effort": "low",
           "reasoning": {"effort": "low"}, "thinking": {"type": "enabled", "budget_tokens": 2048},
           "verbosity": "low", "service_tier": "flex", "store": true,
           "prompt_cache_key": "k", "prompt_cache_retention": "24h", "safety_identifier": "u",
           "prediction": {"type": "content", "content": "a"}, "web_search_options": {},
           "seed": 7, "user": "u", "stop": ["END"], "temperature": 0.5, "top_p": 0.9,
           "max_tokens": 9000}
          """);

  private static final JsonObject BASE =
      new JsonObject(
          """
          {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9000,
           "tools": [{"type": "function", "function": {"name": "f"}}]}
          """);

  /** A model that has every parameter of the dialect. */
  private static String model(String dialect) {
    return switch (dialect) {
      case "anthropic" -> "claude-sonnet-4-5";
      case "bedrock" -> "anthropic.claude-sonnet-4-5-20250929-v1:0";
      case "gemini" -> "gemini-2.5-flash";
      case "ollama" -> "gpt-oss:20b";
      case "cohere" -> "command-a-reasoning-08-2025";
      case "cloudflare" -> "@cf/meta/llama-3.3-70b-instruct-fp8-fast";
      default -> "gpt-5";
    };
  }

  private static BackendOptions options(String dialect) {
    return Rig.options(dialect, null).setBaseUrl("http://localhost");
  }

  @Test
  void features() throws IOException {
    Documents.holdReference(
        DOCUMENT,
        "features",
        table(
            "feature",
            List.of(RequestFeature.values()),
            (feature, dialect) ->
                Dialects.of(dialect).features().contains(feature) ? "yes" : "no"));
  }

  @Test
  void settings() throws IOException {
    List<String> fields = new ArrayList<>(EXAMPLES.fieldNames());
    for (Setting setting : Setting.values()) {
      // Its only value that is accepted is neutral.
      assertThat(fields.contains(setting.field())).isNotEqualTo(setting == Setting.MODALITIES);
    }
    fields.remove("web_search_options");
    Documents.holdReference(
        DOCUMENT,
        "settings",
        table("field", fields.stream().sorted().toList(), DialectReferenceTest::setting));
  }

  @Test
  void embeddings() throws IOException {
    List<String> rows = List.of("path", "most inputs", "dimensions", "input_type", "user");
    Documents.holdReference(
        DOCUMENT, "embeddings", table("embeddings", rows, DialectReferenceTest::embedding));
  }

  private static String embedding(String row, String dialect) {
    EmbeddingFormat format = Dialects.of(dialect).embeddings();
    if (format == null) {
      return "";
    }
    BackendOptions options = options(dialect);
    EmbeddingRequest base = EmbeddingRequest.of("text").withInputType("search_query");
    return switch (row) {
      case "path" -> code(format.path("MODEL", options));
      case "most inputs" -> Integer.toString(mostInputs(format, options));
      case "dimensions" ->
          Dialects.of(dialect).features().contains(RequestFeature.DIMENSIONS)
              ? embedding(base, base.withDimensions(8), dialect)
              : "candidate left out";
      case "input_type" -> embedding(base.withInputType(null), base, dialect);
      default -> embedding(base, base.withUser("u"), dialect);
    };
  }

  private static int mostInputs(EmbeddingFormat format, BackendOptions options) {
    int most = 1;
    while (most < EmbeddingRequest.MAX_INPUTS
        && format.problem(EmbeddingRequest.of(Collections.nCopies(most + 1, "")), options)
            == null) {
      most++;
    }
    return most;
  }

  /** Returns where the body of a request has what another has not. */
  private static String embedding(EmbeddingRequest one, EmbeddingRequest other, String dialect) {
    EmbeddingFormat format = Dialects.of(dialect).embeddings();
    String model = dialect.equals("gemini") ? "embedding-001" : "m";
    List<String> paths = new ArrayList<>();
    added(
        body(format.encode(one, model, options(dialect))),
        body(format.encode(other, model, options(dialect))),
        "",
        "",
        paths);
    return paths.isEmpty() ? "left out" : code(paths.get(0));
  }

  /** Returns a body in which an array is its first element, so that its fields have paths. */
  private static JsonObject body(EncodedRequest request) {
    JsonObject json = request.body().toJsonObject();
    JsonArray batch = json.getJsonArray("requests");
    return batch == null
        ? json
        : new JsonObject().put("requests[]", batch.getJsonObject(0)).put("batch", true);
  }

  @Test
  void efforts() throws IOException {
    StringBuilder table = new StringBuilder("| effort | budget in tokens |\n|---|---|\n");
    for (ReasoningWish.Effort effort : ReasoningWish.Effort.values()) {
      table.append("| ").append(code(effort.code())).append(" | ").append(effort.budget());
      table.append(" |\n");
    }
    Documents.holdReference(DOCUMENT, "efforts", table.toString());
  }

  private static <T> String table(String head, List<T> rows, BiFunction<T, String, String> cell) {
    StringBuilder table = new StringBuilder("| " + head);
    DIALECTS.forEach(dialect -> table.append(" | ").append(dialect));
    table.append(" |\n|---").append("|---".repeat(DIALECTS.size())).append("|\n");
    for (T row : rows) {
      table.append("| ").append(row instanceof String field ? code(field) : row);
      DIALECTS.forEach(dialect -> table.append(" | ").append(cell.apply(row, dialect)));
      table.append(" |\n");
    }
    return table.toString();
  }

  /** Returns where a field is in the dialect's body, or what happens to it. */
  private static String setting(String field, String dialect) {
    JsonObject without = BASE.copy();
    without.remove(field);
    if (field.equals("top_logprobs")) {
      without.put("logprobs", true);
    }
    JsonObject with = without.copy().put(field, EXAMPLES.getValue(field));
    if (Dialects.of(dialect).cannotServe(request(with, dialect), new BackendOptions()) != null) {
      return "candidate left out";
    }
    EncodedRequest base = encode(without, dialect);
    EncodedRequest encoded = encode(with, dialect);
    boolean named =
        encoded.warnings().stream()
            .anyMatch(each -> each.contains("left out") && !base.warnings().contains(each));
    List<String> paths = new ArrayList<>();
    added(base.body().toJsonObject(), encoded.body().toJsonObject(), field, "", paths);
    assertThat(paths.isEmpty()).as(dialect + ": " + field).isEqualTo(named);
    return named
        ? "left out"
        : paths.stream().map(DialectReferenceTest::code).collect(Collectors.joining(", "));
  }

  private static ChatRequest request(JsonObject json, String dialect) {
    return ChatRequest.read(json.toBuffer()).withModel(model(dialect));
  }

  private static EncodedRequest encode(JsonObject json, String dialect) {
    return Dialects.of(dialect).encode(request(json, dialect), model(dialect), options(dialect));
  }

  /** Collects the paths of what one body has and another has not. */
  private static void added(
      JsonObject before, JsonObject after, String field, String prefix, List<String> to) {
    for (Map.Entry<String, Object> entry : after) {
      Object was = before.getValue(entry.getKey());
      String path = prefix + entry.getKey();
      if (entry.getValue() instanceof JsonObject more
          && (was instanceof JsonObject || isWrapper(more) && !path.equals(field))) {
        JsonObject old = was instanceof JsonObject json ? json : new JsonObject();
        added(old, more, field, path + ".", to);
      } else if (!entry.getValue().equals(was)) {
        to.add(path);
      }
    }
  }

  /** Returns whether an object is there for the sake of the one field in it. */
  private static boolean isWrapper(JsonObject json) {
    return json.size() == 1;
  }

  private static String code(String text) {
    return "`" + text + "`";
  }
}
