package io.llmrelay.gateway.anthropic;

import io.llmrelay.chat.ContentPart.Reasoning;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * Creates the signatures of thinking from the vendor's details. Thinking of a Claude model, at any
 * provider, keeps its own signature; any other signature holds the details, in which each text is
 * replaced by its length.
 */
final class ThinkingSignature {
  /** The longest details that are kept for later, in characters. */
  private static final int MAX_DETAILS = 1 << 20;

  private JsonArray details = new JsonArray();
  private int length;

  /** The signature that a Claude model has given, or {@code null}. */
  private String own;

  /**
   * Adds a detail.
   *
   * @param thinking whether a block of thinking is open, to which the detail may belong
   * @return the encrypted text of a Claude model, which needs a block of its own; otherwise {@code
   *     null}
   */
  String add(JsonObject detail, boolean thinking) {
    boolean claude = Reasoning.ANTHROPIC.equals(detail.getValue("format"));
    if (claude && detail.getValue("data") instanceof String data) {
      return data;
    }
    if (claude && thinking && detail.getValue("signature") instanceof String signature) {
      own = signature;
      return null;
    }
    JsonObject kept = new JsonObject();
    for (String field : new String[] {"format", "id", "signature", "data"}) {
      if (detail.getValue(field) instanceof String value) {
        kept.put(field, value);
      }
    }
    Object text = detail.getValue("text", detail.getValue("summary"));
    kept.put("length", text instanceof String given ? given.length() : 0);
    length += kept.encode().length();
    if (length <= MAX_DETAILS) {
      details.add(kept);
    }
    return null;
  }

  /** Returns the signature of the thinking that ends. */
  String take() {
    String signature = own == null ? RelayData.encode(details) : own;
    if (own == null) {
      details = new JsonArray();
      length = 0;
    }
    own = null;
    return signature;
  }

  /** Returns the details that are in no signature yet; {@code null} if there are none. */
  String rest() {
    boolean needed =
        details.stream()
            .anyMatch(
                each ->
                    each instanceof JsonObject detail
                        && (detail.containsKey("signature")
                            || detail.containsKey("data")
                            || detail.containsKey("id")));
    return needed ? RelayData.encode(details) : null;
  }
}
