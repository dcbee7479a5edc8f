package io.llmrelay.chat;

import io.llmrelay.chat.ContentPart.Audio;
import io.llmrelay.chat.ContentPart.Document;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Other;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/**
 * A feature that a request uses. A candidate that does not support it cannot serve the request,
 * since its answer would have another form or meaning.
 */
public enum RequestFeature {
  /** Functions, their calls and their results. */
  TOOLS("tools"),
  /** Tools that the provider's own API defines. */
  PROVIDER_TOOLS("tools of a type other than function"),
  /** Images in messages. */
  IMAGES("images"),
  /** Audio in messages. */
  AUDIO("audio"),
  /** Files in messages. */
  DOCUMENTS("files"),
  /** Content parts that one API alone has. */
  OTHER_PARTS("content parts of other types"),
  /** An answer that is a JSON object. */
  JSON("response_format json_object"),
  /** An answer that fits a JSON schema. */
  JSON_SCHEMA("response_format json_schema"),
  /** Searches of the web by the provider. */
  WEB_SEARCH("web_search_options"),
  /** Images in the answer. */
  IMAGE_ANSWERS("modalities image"),
  /** A completion that is inserted before a suffix. */
  SUFFIX("suffix"),
  /** Vectors instead of an answer. */
  EMBEDDINGS("embeddings"),
  /** A choice of the length of vectors. */
  DIMENSIONS("dimensions of embeddings"),
  /** Input of tokens instead of text, for vectors. */
  TOKENS("input of tokens");

  private final String text;

  RequestFeature(String text) {
    this.text = text;
  }

  /** Returns whether only the API to which the request was sent has this feature. */
  public boolean isOfOneApi() {
    return this == PROVIDER_TOOLS || this == OTHER_PARTS;
  }

  /** Returns the features of chats, without these. */
  public static Set<RequestFeature> ofChatsBut(RequestFeature... lacking) {
    Set<RequestFeature> features =
        EnumSet.complementOf(EnumSet.of(SUFFIX, EMBEDDINGS, DIMENSIONS, TOKENS));
    features.removeAll(Arrays.asList(lacking));
    return features;
  }

  /** Returns the name in messages. */
  @Override
  public String toString() {
    return text;
  }

  /** Returns the features that a request needs. */
  static Set<RequestFeature> of(ChatRequest request) {
    Set<RequestFeature> features = EnumSet.noneOf(RequestFeature.class);
    for (Tool tool : request.tools()) {
      features.add(tool.isFunction() ? TOOLS : PROVIDER_TOOLS);
    }
    request.messages().forEach(message -> message.parts().forEach(part -> add(part, features)));
    if (request.wantsFormat()) {
      features.add(request.schema() == null ? JSON : JSON_SCHEMA);
    }
    if (request.setting(Setting.WEB_SEARCH_OPTIONS) != null) {
      features.add(WEB_SEARCH);
    }
    if (request.continuation() != null && request.continuation().suffix() != null) {
      features.add(SUFFIX);
    }
    if (request.setting(Setting.MODALITIES) != null) {
      features.add(IMAGE_ANSWERS);
    }
    return features;
  }

  private static void add(ContentPart part, Set<RequestFeature> features) {
    if (part instanceof ToolResult result) {
      features.add(TOOLS);
      result.content().forEach(each -> add(each, features));
    } else if (part instanceof ToolCall) {
      features.add(TOOLS);
    } else if (part instanceof Image) {
      features.add(IMAGES);
    } else if (part instanceof Audio) {
      features.add(AUDIO);
    } else if (part instanceof Document) {
      features.add(DOCUMENTS);
    } else if (part instanceof Other) {
      features.add(OTHER_PARTS);
    }
  }
}
