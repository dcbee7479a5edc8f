package io.llmrelay.sandbox;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.Locale;

/** Requests in each dialect, as a client of the vendor sends them. */
enum Vendor {
  OPENAI,
  OPENAI_RESPONSES,
  ANTHROPIC,
  GEMINI,
  OLLAMA,
  BEDROCK,
  COHERE,
  CLOUDFLARE;

  static final JsonObject SCHEMA =
      new JsonObject(
          """
          {"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},\
          "unit":{"type":"string","enum":["celsius","kelvin"]}},"required":["city","unit"]}""");

  String dialect() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns a request with one message of the user. */
  JsonObject request() {
    return request(message("Hello?"));
  }

  JsonObject request(JsonObject... messages) {
    JsonArray array = new JsonArray();
    for (JsonObject message : messages) {
      array.add(message);
    }
    String field =
        switch (this) {
          case GEMINI -> "contents";
          case OPENAI_RESPONSES -> "input";
          default -> "messages";
        };
    JsonObject request = new JsonObject().put(field, array);
    return this == ANTHROPIC ? request.put("max_tokens", 100) : request;
  }

  JsonObject message(String text) {
    return message("user", text);
  }

  JsonObject message(String role, String text) {
    JsonObject message = new JsonObject().put("role", role);
    JsonArray parts = JsonArray.of(new JsonObject().put("text", text));
    return switch (this) {
      case GEMINI -> message.put("parts", parts);
      case BEDROCK -> message.put("content", parts);
      default -> message.put("content", text);
    };
  }

  /** Adds tools to a request. */
  JsonObject withTools(JsonObject request, String... names) {
    JsonArray tools = new JsonArray();
    for (String name : names) {
      tools.add(tool(name));
    }
    return switch (this) {
      case BEDROCK -> request.put("toolConfig", new JsonObject().put("tools", tools));
      case GEMINI ->
          request.put("tools", JsonArray.of(new JsonObject().put("functionDeclarations", tools)));
      default -> request.put("tools", tools);
    };
  }

  private JsonObject tool(String name) {
    JsonObject tool = new JsonObject().put("name", name).put("description", "A tool.");
    return switch (this) {
      case OPENAI_RESPONSES ->
          tool.put("type", "function").put("strict", false).put("parameters", SCHEMA);
      case ANTHROPIC -> tool.put("input_schema", SCHEMA);
      case GEMINI -> tool.put("parametersJsonSchema", SCHEMA);
      case BEDROCK ->
          new JsonObject()
              .put("toolSpec", tool.put("inputSchema", new JsonObject().put("json", SCHEMA)));
      default ->
          new JsonObject().put("type", "function").put("function", tool.put("parameters", SCHEMA));
    };
  }

  /** Requests a structured answer. */
  JsonObject withSchema(JsonObject request) {
    return switch (this) {
      case OPENAI ->
          request.put(
              "response_format",
              new JsonObject()
                  .put("type", "json_schema")
                  .put("json_schema", new JsonObject().put("name", "w").put("schema", SCHEMA)));
      case OPENAI_RESPONSES ->
          request.put(
              "text",
              new JsonObject()
                  .put(
                      "format",
                      new JsonObject()
                          .put("type", "json_schema")
                          .put("name", "w")
                          .put("schema", SCHEMA)));
      case ANTHROPIC ->
          request.put(
              "output_config",
              new JsonObject()
                  .put(
                      "format", new JsonObject().put("type", "json_schema").put("schema", SCHEMA)));
      case GEMINI ->
          request.put(
              "generationConfig",
              new JsonObject()
                  .put("responseMimeType", "application/json")
                  .put("responseJsonSchema", SCHEMA));
      case OLLAMA -> request.put("format", SCHEMA);
      case BEDROCK -> request.put("outputConfig", textFormat());
      case COHERE, CLOUDFLARE ->
          request.put(
              "response_format",
              new JsonObject().put("type", "json_object").put("json_schema", SCHEMA));
    };
  }

  private static JsonObject textFormat() {
    JsonObject definition = new JsonObject().put("name", "w").put("schema", SCHEMA.encode());
    JsonObject structure = new JsonObject().put("jsonSchema", definition);
    return new JsonObject()
        .put("textFormat", new JsonObject().put("type", "json_schema").put("structure", structure));
  }

  /** Sends a request to a backend. */
  Wire send(Sandbox sandbox, String backend, String model, boolean streaming, JsonObject body)
      throws IOException {
    boolean inPath = this == GEMINI || this == BEDROCK;
    JsonObject sent = body.copy();
    if (!inPath && this != CLOUDFLARE) {
      sent.put("model", model);
    }
    if (!inPath) {
      sent.put("stream", streaming);
    }
    if (this == OPENAI && streaming) {
      sent.put("stream_options", new JsonObject().put("include_usage", true));
    }
    String path = SandboxDialects.of(dialect()).chatPath(backend, model, streaming);
    return Wire.post(sandbox, path, headers(), sent);
  }

  private String headers() {
    return switch (this) {
      case ANTHROPIC -> "anthropic-version: 2023-06-01\r\nx-api-key: sk-1";
      case GEMINI -> "x-goog-api-key: sk-1";
      default -> "authorization: Bearer sk-1";
    };
  }
}
