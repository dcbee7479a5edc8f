package io.llmrelay.provider;

import io.llmrelay.chat.EmbeddingRequest;
import io.llmrelay.chat.RawJson;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.config.UnknownFields;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Tracks which optional fields of a request for embeddings a dialect has translated, so that the
 * others are named in a warning.
 */
public final class EmbeddingTranslation {
  private final EmbeddingRequest request;
  private final Set<String> leftOut = new LinkedHashSet<>();
  private final List<String> warnings = new ArrayList<>();

  /** Begins a translation, with nothing translated. */
  public EmbeddingTranslation(EmbeddingRequest request) {
    this.request = request;
    if (request.inputType() != null) {
      leftOut.add("input_type");
    }
    if (request.user() != null) {
      leftOut.add("user");
    }
    leftOut.addAll(request.unknownPaths());
  }

  /** Returns the texts, undecoded. */
  public JsonArray texts() {
    List<RawJson> texts = request.inputs();
    return new JsonArray(texts);
  }

  /** Returns the input type, which counts as translated; {@code null} if it is absent. */
  public String inputType() {
    leftOut.remove("input_type");
    return request.inputType();
  }

  /** Returns the user, which counts as translated; {@code null} if it is absent. */
  public String user() {
    leftOut.remove("user");
    return request.user();
  }

  /** Adds a warning. */
  public void warn(String warning) {
    warnings.add(warning);
  }

  /** Puts the unknown fields into a body that has no such field, if the backend is to get them. */
  public void forwardUnknown(JsonObject body, BackendOptions options) {
    if (options.getUnknownFields() == UnknownFields.FORWARD) {
      request
          .unknown()
          .forEach(
              (field, value) -> {
                if (!body.containsKey(field)) {
                  body.put(field, value);
                  leftOut.remove(field);
                }
              });
    }
  }

  /** Encodes a body, with a warning that names what was left out. */
  public EncodedRequest encode(JsonObject body) {
    List<String> all = new ArrayList<>(warnings);
    if (!leftOut.isEmpty()) {
      all.add(String.join(", ", leftOut) + (leftOut.size() == 1 ? " was" : " were") + " left out");
    }
    return new EncodedRequest(JsonBody.encode(body), all);
  }
}
