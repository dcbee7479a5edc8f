package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.sandbox.ParsedAnswer.Call;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever stands in a request, it is accepted or rejected as the vendor does it, never a 500. */
class AnyRequestTest extends SandboxTestBase {
  private static final List<Object> VALUES =
      Arrays.asList(null, 7, true, "", "x", new JsonArray(), JsonArray.of(1), new JsonObject());

  /** Returns valid requests with all that a dialect has. */
  private static List<JsonObject> requests(Vendor vendor) {
    Call call = new Call();
    call.id = "c1";
    call.name = "f";
    call.arguments.append("{\"a\":1}");
    JsonObject loop = ToolLoopTest.withResults(vendor, List.of(call), "18");
    List<JsonObject> requests = new ArrayList<>();
    requests.add(vendor.withSchema(vendor.request()));
    requests.add(vendor.withTools(loop, "f"));
    requests.add(vendor.withTools(vendor.request(parts(vendor)), "f"));
    return requests;
  }

  /** Returns a message of the user with several parts. */
  private static JsonObject parts(Vendor vendor) {
    return switch (vendor) {
      case OPENAI ->
          RejectionTestBase.json(
              "{'role':'user','content':[{'type':'text','text':'a'},{'type':'image_url',"
                  + "'image_url':{'url':'data:image/png;base64,AAAA'}}]}");
      case OPENAI_RESPONSES ->
          RejectionTestBase.json(
              "{'role':'user','content':[{'type':'input_text','text':'a'},{'type':'input_image',"
                  + "'image_url':'data:image/png;base64,AAAA','detail':'auto'}]}");
      case ANTHROPIC ->
          RejectionTestBase.json(
              "{'role':'user','content':[{'type':'text','text':'a'},{'type':'image',"
                  + "'source':{'type':'base64','media_type':'image/png','data':'AAAA'}}]}");
      case GEMINI ->
          RejectionTestBase.json(
              "{'role':'user','parts':[{'text':'a'},{'inlineData':"
                  + "{'mimeType':'image/png','data':'AAAA'}}]}");
      case BEDROCK ->
          RejectionTestBase.json(
              "{'role':'user','content':[{'text':'a'},{'image':"
                  + "{'format':'png','source':{'bytes':'AAAA'}}}]}");
      case OLLAMA -> vendor.message("a").put("images", JsonArray.of("AAAA"));
      case COHERE, CLOUDFLARE -> vendor.message("a");
    };
  }

  private static List<JsonObject> variants(JsonObject request) {
    List<JsonObject> variants = new ArrayList<>();
    collect(request, request, variants);
    return variants;
  }

  /** Replaces each value below a node in turn. */
  private static void collect(JsonObject root, Object node, List<JsonObject> variants) {
    if (node instanceof JsonObject object) {
      for (String name : List.copyOf(object.fieldNames())) {
        Object original = object.getValue(name);
        for (Object value : VALUES) {
          object.put(name, value);
          variants.add(root.copy());
        }
        object.put(name, original);
        collect(root, original, variants);
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
  @EnumSource
  void isAnswered(Vendor vendor) throws Exception {
    sandbox.script("primary", Scenario.of("tool-loop"));
    List<JsonObject> variants = new ArrayList<>();
    for (JsonObject request : requests(vendor)) {
      try (Wire wire = vendor.send(sandbox, "primary", "gemini-3", false, request)) {
        wire.read();
        assertThat(wire.status()).as(request + " " + wire.body()).isEqualTo(200);
      }
      variants.addAll(variants(request));
    }
    assertThat(variants.size()).isGreaterThan(300);
    for (JsonObject variant : variants) {
      try (Wire wire = vendor.send(sandbox, "primary", "gemini-3", false, variant)) {
        wire.read();
        assertThat(wire.status()).as(variant + " " + wire.body()).isBetween(200, 499);
      }
    }
  }
}
