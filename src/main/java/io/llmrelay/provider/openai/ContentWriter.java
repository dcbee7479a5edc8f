package io.llmrelay.provider.openai;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Audio;
import io.llmrelay.chat.ContentPart.Document;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Other;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Refusal;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import io.llmrelay.chat.RawJson;
import io.llmrelay.provider.Translation;
import io.llmrelay.provider.openai.RequestTraits.Quirk;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes the content of messages for one server. */
final class ContentWriter {
  private static final String RESULTS = "This belongs to the results of the tools:";

  private final RequestTraits traits;
  private final Translation translation;

  ContentWriter(RequestTraits traits, Translation translation) {
    this.traits = traits;
    this.translation = translation;
  }

  /** Returns whether the server does not accept the content as it is. */
  boolean mustChange(ChatMessage message) {
    return parts(message).stream().anyMatch(this::mustChange) || !media(message).isEmpty();
  }

  /** Returns the parts of a tool's result that the server accepts only in other messages. */
  List<ContentPart> media(ChatMessage message) {
    return message.role() == Role.TOOL && traits.has(Quirk.TEXT_RESULTS)
        ? parts(message).stream().filter(part -> !(part instanceof Text)).toList()
        : List.of();
  }

  /** Writes parts other than text as a message of the user. */
  void writeMedia(List<ContentPart> media, JsonOutput json) {
    json.object().field("role").value("user").field("content").array();
    json.object().field("type").value("text").field("text").value(RESULTS).endObject();
    media.forEach(part -> write(part, json));
    json.endArray().endObject();
    translation.warn("images and files of tools' results were sent in a message of the user");
  }

  private boolean mustChange(ContentPart part) {
    return cacheControl(part) != null && traits.has(Quirk.NO_CACHE_CONTROL)
        || (part instanceof Audio || part instanceof Document) && traits.has(Quirk.PLAIN_MEDIA)
        || part instanceof Refusal && traits.has(Quirk.NO_ANSWER_FIELDS);
  }

  private static List<ContentPart> parts(ChatMessage message) {
    return !message.parts().isEmpty() && message.parts().get(0) instanceof ToolResult result
        ? result.content()
        : message.parts();
  }

  private static RawJson cacheControl(ContentPart part) {
    if (part instanceof Text text) {
      return text.cacheControl();
    }
    if (part instanceof Image image) {
      return image.cacheControl();
    }
    if (part instanceof ToolCall call) {
      return call.cacheControl();
    }
    return part instanceof Document document ? document.cacheControl() : null;
  }

  /**
   * Writes the field {@code content}.
   *
   * @param fields the message as it was received
   * @param anew whether the parts are written anew in any case
   * @return whether they are
   */
  boolean write(ChatMessage message, Map<String, RawJson> fields, boolean anew, JsonOutput json) {
    json.field("content");
    if (message.isReceived() && !anew && !mustChange(message)) {
      json.value(fields.get("content"));
      return false;
    }
    boolean separateRefusal = fields.get("refusal") != null && !traits.has(Quirk.NO_ANSWER_FIELDS);
    List<ContentPart> parts = new ArrayList<>();
    for (ContentPart part : parts(message)) {
      if (!(part instanceof Reasoning
          || part instanceof ToolCall
          || part instanceof Refusal && separateRefusal)) {
        parts.add(part);
      }
    }
    parts.removeAll(media(message));
    if (parts.isEmpty()) {
      json.value(message.role() == Role.TOOL ? "" : null);
    } else if (parts.size() == 1 && plain(parts.get(0)) != null) {
      json.value(plain(parts.get(0)));
    } else {
      json.array();
      parts.forEach(part -> write(part, json));
      json.endArray();
    }
    return true;
  }

  /** Returns the text of a part that may be a string; {@code null} if it must be an object. */
  private RawJson plain(ContentPart part) {
    if (part instanceof Refusal refusal && traits.has(Quirk.NO_ANSWER_FIELDS)) {
      return refusal.content();
    }
    boolean cached = cacheControl(part) != null && !traits.has(Quirk.NO_CACHE_CONTROL);
    if (part instanceof Text text && !cached) {
      cacheControl(text, null);
      return text.content();
    }
    return null;
  }

  private void write(ContentPart part, JsonOutput json) {
    if (part instanceof Other other) {
      json.value(other.source());
      return;
    }
    json.object();
    if (part instanceof Text text) {
      json.field("type").value("text").field("text").value(text.content());
    } else if (part instanceof Refusal refusal) {
      String type = traits.has(Quirk.NO_ANSWER_FIELDS) ? "text" : "refusal";
      json.field("type").value(type).field(type).value(refusal.content());
    } else if (part instanceof Image image) {
      json.field("type").value("image_url").field("image_url").object();
      json.field("url").value(image.url()).optional("detail", image.detail()).endObject();
    } else if (part instanceof Audio audio) {
      audio(audio, json);
    } else if (part instanceof Document document) {
      document(document, json);
    }
    cacheControl(part, json);
    json.endObject();
  }

  private void audio(Audio audio, JsonOutput json) {
    json.field("type").value("input_audio").field("input_audio");
    if (traits.has(Quirk.PLAIN_MEDIA)) {
      json.value(audio.data());
    } else {
      json.object().field("data").value(audio.data());
      json.field("format").value(audio.format()).endObject();
    }
  }

  private void document(Document document, JsonOutput json) {
    if (!traits.has(Quirk.PLAIN_MEDIA)) {
      json.field("type").value("file").field("file").object();
      json.optional("file_data", document.data()).optional("file_id", document.fileId());
      json.optional("filename", document.filename()).endObject();
    } else if (document.data() == null) {
      json.field("type").value("file").field("file_id").value(document.fileId());
    } else {
      json.field("type").value("document_url").field("document_url").value(document.data());
      json.optional("document_name", document.filename());
    }
  }

  /** Writes the {@code cache_control} of a part, if the server accepts it. */
  void cacheControl(ContentPart part, JsonOutput json) {
    RawJson cacheControl = cacheControl(part);
    if (cacheControl != null && traits.has(Quirk.NO_CACHE_CONTROL)) {
      translation.leftOut("cache_control");
    } else if (cacheControl != null) {
      json.field("cache_control").value(cacheControl);
    }
  }
}
