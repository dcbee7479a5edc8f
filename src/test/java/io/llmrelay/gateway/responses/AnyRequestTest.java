package io.llmrelay.gateway.responses;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a request holds, it is served or refused by name; it is never a defect of the relay. */
class AnyRequestTest extends ResponsesFixture {
  private static final List<Object> VALUES =
      Arrays.asList(null, 7, true, "", "x", new JsonArray(), JsonArray.of(1), new JsonObject());

  private static final String REQUEST =
      """
      {"instructions": "a", "input": [
         {"role": "user", "content": [{"type": "input_text", "text": "a"},
           {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "low"},
           {"type": "input_file", "file_data": "data:application/pdf;base64,AAAA"}]},
         {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "a"}],
           "encrypted_content": "relay_eyJkZXRhaWxzIjpbeyJ0ZXh0IjoiYSJ9XSwiY2FsbHMiOnsiYzEiOnt9fX0"},
         {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
         {"type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "a"},
         {"type": "function_call_output", "call_id": "c1", "output": "a"},
         {"type": "custom_tool_call_output", "call_id": "c2",
           "output": [{"type": "input_text", "text": "a"}]},
         {"type": "web_search_call", "id": "ws_1", "status": "completed"}],
       "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}},
         {"type": "custom", "name": "g", "format": {"type": "grammar", "definition": "a"}}],
       "tool_choice": {"type": "allowed_tools", "mode": "auto",
         "tools": [{"type": "function", "name": "f"}]},
       "parallel_tool_calls": false, "reasoning": {"effort": "low", "summary": "auto"},
       "text": {"verbosity": "low", "format": {"type": "json_schema", "name": "n",
         "schema": {"type": "object"}}},
       "include": ["message.output_text.logprobs"], "top_logprobs": 2, "temperature": 0.5,
       "max_output_tokens": 300, "metadata": {"a": "b"}, "user": "u", "truncation": "auto",
       "stream_options": {"include_obfuscation": false}, "prompt_cache_key": "k"}
      """;

  private static List<JsonObject> variants() {
    List<JsonObject> variants = new ArrayList<>();
    JsonObject request = request("compatible").mergeIn(new JsonObject(REQUEST));
    variants.add(request.copy());
    collect(request, request, variants);
    return variants;
  }

  /** Replaces each value below a node in turn. */
  private static void collect(JsonObject root, Object node, List<JsonObject> variants) {
    if (node instanceof JsonObject object) {
      for (String name : List.copyOf(object.fieldNames())) {
        Object original = object.getValue(name);
        if (!name.equals("relay")) {
          for (Object value : VALUES) {
            object.put(name, value);
            variants.add(root.copy());
          }
          object.put(name, original);
          collect(root, original, variants);
        }
      }
    } else if (node instanceof JsonArray array) {
      for (int i = 0; i < array.size(); i++) {
        Object original = array.getValue(i);
        for (Object value : VALUES) {
          array.set(i, value);
          variants.add(root.copy());
        }
        array.set(i, original);
        collect(root, original, variants);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void isServedOrRefused(boolean stream) throws Exception {
    List<JsonObject> variants = variants();
    assertThat(variants.size()).isGreaterThan(500);
    HttpResponse<String> sound = post(variants.get(0));
    assertThat(sound.statusCode()).as(sound.body()).isEqualTo(200);
    for (JsonObject variant : variants) {
      HttpResponse<String> response = post(variant.put("stream", stream));
      assertThat(response.statusCode()).as(variant + " " + response.body()).isIn(200, 400, 404);
    }
  }
}
