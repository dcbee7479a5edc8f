package io.llmrelay.provider.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RawJson;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.UnknownFields;
import io.llmrelay.provider.EncodedRequest;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.wire.Json;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;

/**
 * Encodes requests. What was received in this format is copied as it is: only model, stream and
 * what servers name differently is written anew.
 */
final class OpenAiRequest {
  private static final byte[] MESSAGES = ",\"messages\":".getBytes(UTF_8);
  private static final byte[] TOOLS = ",\"tools\":".getBytes(UTF_8);

  /** Room for the fields beside messages and tools, in bytes. */
  private static final int FIELDS = 1_024;

  private OpenAiRequest() {}

  static EncodedRequest encode(
      ChatRequest request,
      String model,
      BackendOptions options,
      ServerTraits traits,
      boolean asksUsage) {
    Translation translation = new Translation(request);
    JsonObject json = new JsonObject().put("model", model).put("stream", true);
    if (asksUsage) {
      json.put("stream_options", new JsonObject().put("include_usage", true));
    }
    Json.put(json, "temperature", request.temperature());
    Json.put(json, "top_p", request.topP());
    Json.put(json, traits.maxTokens(), request.maxTokens());
    Json.put(json, "stop", request.stop() == null ? null : new JsonArray(request.stop()));
    Json.put(json, traits.seed(), translation.seed());
    Json.put(json, "response_format", request.responseFormat());
    Json.put(json, "user", translation.user());
    if (request.toolChoice() != null) {
      json.put("tool_choice", request.toolChoice().toJson());
    }
    request.settings().keySet().forEach(each -> translation.put(json, each.field(), each));
    Buffer fields = json.toBuffer();
    Buffer body = Buffer.buffer(FIELDS + (int) Math.min(request.encodedLength(), 1 << 28));
    body.appendBuffer(fields, 0, fields.length() - 1).appendBytes(MESSAGES);
    request.appendMessages(body);
    if (!request.tools().isEmpty()) {
      body.appendBytes(TOOLS);
      request.appendTools(body);
    }
    if (options.getUnknownFields() == UnknownFields.FORWARD) {
      appendUnknown(request, body);
      translation.unknownForwarded();
    }
    return new EncodedRequest(body.appendByte((byte) '}'), translation.warnings());
  }

  private static void appendUnknown(ChatRequest request, Buffer body) {
    for (Map.Entry<String, RawJson> field : request.unknown().entrySet()) {
      body.appendString(",").appendBuffer(io.vertx.core.json.Json.encodeToBuffer(field.getKey()));
      body.appendString(":");
      field.getValue().appendTo(body);
    }
  }
}
