package io.llmrelay.chat;

import io.vertx.core.json.JsonObject;

/**
 * A tool that the model may call.
 *
 * @param type {@code function}, or the type of a provider's own tool
 * @param name the name of a function; {@code null} for another type
 * @param description the description for the model, or {@code null}
 * @param parameters the JSON schema of its arguments, an object; {@code null} for no arguments
 * @param strict whether the arguments must fit the schema; {@code null} if not given
 * @param cacheControl the {@code cache_control} object, or {@code null}
 * @param source the tool as it was received, in OpenAI's form
 */
public record Tool(
    String type,
    String name,
    String description,
    RawJson parameters,
    Boolean strict,
    RawJson cacheControl,
    RawJson source) {

  /** The type of tools that the caller executes. */
  public static final String FUNCTION = "function";

  /**
   * Creates a function.
   *
   * @param parameters the JSON schema of the arguments, or {@code null} for no arguments
   */
  public static Tool function(String name, String description, JsonObject parameters) {
    JsonObject function = new JsonObject().put("name", name);
    if (description != null) {
      function.put("description", description);
    }
    if (parameters != null) {
      function.put("parameters", parameters);
    }
    return new Tool(
        FUNCTION,
        name,
        description,
        parameters == null ? null : RawJson.of(parameters),
        null,
        null,
        RawJson.of(new JsonObject().put("type", FUNCTION).put(FUNCTION, function)));
  }

  /**
   * Creates a function from its description in the form of another API.
   *
   * @param description what it does, or {@code null}
   * @param parameters the JSON schema of the arguments, an object
   * @param strict whether the arguments must fit the schema, or {@code null}
   * @param cacheControl the {@code cache_control} object, or {@code null}
   */
  public static Tool function(
      String name, String description, RawJson parameters, Boolean strict, RawJson cacheControl) {
    JsonObject known = new JsonObject().put("name", name);
    if (description != null) {
      known.put("description", description);
    }
    if (strict != null) {
      known.put("strict", strict);
    }
    String fields = known.encode();
    BodyBuilder source =
        new BodyBuilder()
            .append("{\"type\":\"function\",\"function\":")
            .append(fields.substring(0, fields.length() - 1))
            .append(",\"parameters\":");
    parameters.appendTo(source);
    source.append('}');
    if (cacheControl != null) {
      cacheControl.appendTo(source.append(",\"cache_control\":"));
    }
    byte[] bytes = source.append('}').toBuffer().getBytes();
    return new Tool(
        FUNCTION,
        name,
        description,
        parameters,
        strict,
        cacheControl,
        RawJson.slice(bytes, 0, bytes.length, bytes.length));
  }

  /** Returns whether it is a function, and no tool of a provider's own type. */
  public boolean isFunction() {
    return type.equals(FUNCTION);
  }
}
