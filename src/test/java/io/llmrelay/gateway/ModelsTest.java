package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.errors.NotFoundException;
import com.anthropic.models.models.ModelInfo;
import com.anthropic.models.models.ModelListParams;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The lists of models, in the form that the client's headers ask for. */
class ModelsTest extends GatewayFixture {
  private static final String VERSION = "2023-06-01";

  @BeforeEach
  void listModels() {
    JsonArray ids = new JsonArray(IntStream.range(0, 25).mapToObj(i -> "m" + i).toList());
    relay.health =
        Future.succeededFuture(
            new JsonObject()
                .put("aliases", JsonArray.of("fast"))
                .put(
                    "backends",
                    JsonArray.of(new JsonObject().put("name", "one").put("models", ids))));
  }

  private HttpResponse<String> anthropic(String path) throws Exception {
    return send(request(path).header("anthropic-version", VERSION));
  }

  @Test
  void openAisListHasAllModels() throws Exception {
    JsonObject list = new JsonObject(get("/v1/models").body());
    assertThat(list.getString("object")).isEqualTo("list");
    assertThat(list.getJsonArray("data")).hasSize(1 + 25 + 25);
    JsonObject first = list.getJsonArray("data").getJsonObject(0);
    assertThat(first.getString("id")).isEqualTo("fast");
    assertThat(first.getString("owned_by")).isEqualTo("relay");
    assertThat(new JsonObject(get("/v1/models/one/m3").body()).getString("object"))
        .isEqualTo("model");
  }

  @Test
  void anthropicsClientReadsAllPages() {
    AnthropicClient client = client();
    List<ModelInfo> models =
        client.models().list(ModelListParams.builder().limit(7).build()).autoPager().stream()
            .map(ModelInfo::validate)
            .toList();
    assertThat(models).hasSize(51);
    assertThat(models).extracting(ModelInfo::id).doesNotHaveDuplicates().contains("fast", "m24");
    assertThat(client.models().retrieve("m3").validate().displayName()).isEqualTo("m3");
    NotFoundException unknown =
        catchThrowableOfType(NotFoundException.class, () -> client.models().retrieve("m99"));
    assertThat(unknown.getMessage()).contains("no backend lists the model m99");
    client.close();
  }

  private AnthropicClient client() {
    return AnthropicOkHttpClient.builder()
        .baseUrl("http://127.0.0.1:" + port)
        .apiKey("sk-caller")
        .maxRetries(0)
        .build();
  }

  @Test
  void aPageEndsBeforeOrBeginsAfterAModel() throws Exception {
    JsonObject page = new JsonObject(anthropic("/v1/models?limit=2&before_id=m3").body());
    assertThat(page.getString("first_id")).isEqualTo("m1");
    assertThat(page.getString("last_id")).isEqualTo("m2");
    assertThat(page.getBoolean("has_more")).isTrue();
    JsonObject last = new JsonObject(anthropic("/v1/models?after_id=one/m23").body());
    assertThat(last.getJsonArray("data")).hasSize(1);
    assertThat(last.getBoolean("has_more")).isFalse();
    assertThat(new JsonObject(anthropic("/v1/models").body()).getJsonArray("data")).hasSize(20);
  }

  @ParameterizedTest
  @CsvSource({"limit=0", "limit=1001", "limit=x", "after_id=nobody", "before_id=nobody"})
  void aBadPageIsAnthropicsError(String query) throws Exception {
    HttpResponse<String> response = anthropic("/v1/models?" + query);
    assertThat(response.statusCode()).isEqualTo(400);
    JsonObject error = new JsonObject(response.body());
    assertThat(error.getString("type")).isEqualTo("error");
    assertThat(error.getJsonObject("error").getString("type")).isEqualTo("invalid_request_error");
    assertThat(error.getJsonObject("error").getString("message"))
        .startsWith(query.substring(0, query.indexOf('=')));
  }

  @Test
  void anUnknownPathIsAnErrorInTheClientsForm() throws Exception {
    assertThat(new JsonObject(anthropic("/v1/nowhere").body()).getString("type"))
        .isEqualTo("error");
    assertThat(new JsonObject(get("/v1/nowhere").body()).getJsonObject("error").getString("code"))
        .isNotNull();
  }
}
