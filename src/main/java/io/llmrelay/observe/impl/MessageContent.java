package io.llmrelay.observe.impl;

import io.llmrelay.chat.Block;
import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.RawJson;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Messages in the form of OpenTelemetry's conventions for generative AI: {@code {"role", "parts":
 * [{"type": "text", "content"}]}}. Images, audio and files are named without their bytes.
 *
 * <p>Bounded: beyond a budget of characters texts are cut, marked by an ellipsis, and the oldest
 * messages left out. No text is decoded beyond it.
 */
final class MessageContent {
  /** What a part counts for beside its text. */
  static final int PART_CHARACTERS = 64;

  private static final int MAX_NAME = 200;
  private static final String CUT = "\u2026";

  /** The characters that are left. */
  private int left;

  private MessageContent(int budget) {
    left = budget;
  }

  /** Returns the system messages that a request begins with; {@code null} if there are none. */
  static String instructions(ChatRequest request, int max) {
    List<ChatMessage> system = request.messages().subList(0, leadingSystemMessages(request));
    return system.isEmpty() ? null : fit(max, budget -> new MessageContent(budget).parts(system));
  }

  /** Returns all other messages. */
  static String input(ChatRequest request, int max) {
    List<ChatMessage> all = request.messages();
    List<ChatMessage> messages = all.subList(leadingSystemMessages(request), all.size());
    return fit(max, budget -> new MessageContent(budget).messages(messages));
  }

  private static int leadingSystemMessages(ChatRequest request) {
    int count = 0;
    for (ChatMessage message : request.messages()) {
      if (message.role() != ChatMessage.Role.SYSTEM) {
        break;
      }
      count++;
    }
    return count;
  }

  /**
   * Returns an answer, or what there is of it.
   *
   * @param cut whether the answer was longer than these blocks
   */
  static String output(Map<Block, Buffer> blocks, boolean cut, FinishReason finishReason, int max) {
    return fit(max, budget -> new MessageContent(budget).answer(blocks, cut, finishReason));
  }

  /** Returns whether a block is part of an answer's content. */
  static boolean isContent(Block block) {
    return switch (block.kind()) {
      case TEXT, REASONING, REFUSAL, TOOL_CALL -> true;
      default -> block.isImages();
    };
  }

  /** Renders JSON within a budget; a smaller one if escapes make it longer than allowed. */
  private static String fit(int max, IntFunction<JsonArray> render) {
    for (int budget = max; budget > 0; budget /= 2) {
      String json = render.apply(budget).encode();
      if (json.length() <= max) {
        return json;
      }
    }
    return null;
  }

  private JsonArray messages(List<ChatMessage> messages) {
    List<JsonObject> newestFirst = new ArrayList<>();
    for (int i = messages.size() - 1; i >= 0 && left > 0; i--) {
      ChatMessage message = messages.get(i);
      JsonObject json = new JsonObject().put("role", message.role().code());
      if (message.name() != null) {
        json.put("name", shortened(message.name()));
      }
      newestFirst.add(json.put("parts", parts(List.of(message))));
    }
    Collections.reverse(newestFirst);
    return new JsonArray(newestFirst);
  }

  private JsonArray parts(List<ChatMessage> messages) {
    JsonArray parts = new JsonArray();
    for (ChatMessage message : messages) {
      for (ContentPart part : message.parts()) {
        if (left > 0) {
          left -= PART_CHARACTERS;
          parts.add(part(part));
        }
      }
    }
    return parts;
  }

  private JsonObject part(ContentPart part) {
    if (part instanceof ContentPart.Text text) {
      return text("text", text(text.content()));
    }
    if (part instanceof ContentPart.ToolCall call) {
      return call(call.id(), call.name(), text(call.arguments()));
    }
    if (part instanceof ContentPart.ToolResult result) {
      StringBuilder response = new StringBuilder();
      for (ContentPart each : result.content()) {
        response.append(each instanceof ContentPart.Text text ? text(text.content()) : "");
      }
      return new JsonObject()
          .put("type", "tool_call_response")
          .put("id", shortened(result.callId()))
          .put("response", response.toString());
    }
    if (part instanceof ContentPart.Reasoning reasoning) {
      return text("reasoning", reasoning.text() == null ? "" : text(reasoning.text()));
    }
    if (part instanceof ContentPart.Refusal refusal) {
      return text("refusal", text(refusal.content()));
    }
    if (part instanceof ContentPart.Image image) {
      return image.url().stringStartsWith("data:")
          ? blob("image")
          : new JsonObject()
              .put("type", "uri")
              .put("modality", "image")
              .put("uri", text(image.url()));
    }
    if (part instanceof ContentPart.Audio) {
      return blob("audio");
    }
    if (part instanceof ContentPart.Document document) {
      return document.fileId() == null
          ? blob("document")
          : new JsonObject()
              .put("type", "file")
              .put("modality", "document")
              .put("file_id", shortened(document.fileId()));
    }
    return new JsonObject().put("type", shortened(((ContentPart.Other) part).type()));
  }

  private JsonArray answer(Map<Block, Buffer> blocks, boolean cut, FinishReason finishReason) {
    JsonArray parts = new JsonArray();
    int rest = blocks.size();
    for (Map.Entry<Block, Buffer> each : blocks.entrySet()) {
      rest--;
      if (left > 0) {
        left -= PART_CHARACTERS;
        String text = each.getValue().toString();
        parts.add(part(each.getKey(), cut && rest == 0 ? withoutHalf(text) + CUT : text));
      }
    }
    return new JsonArray()
        .add(
            new JsonObject()
                .put("role", "assistant")
                .put("parts", parts)
                .put("finish_reason", code(finishReason)));
  }

  /** Removes what is left of a character whose bytes were cut. */
  private static String withoutHalf(String text) {
    boolean half = !text.isEmpty() && text.charAt(text.length() - 1) == '\uFFFD';
    return half ? text.substring(0, text.length() - 1) : text;
  }

  private JsonObject part(Block block, String content) {
    return switch (block.kind()) {
      case TOOL_CALL -> call(block.id(), block.name(), text(RawJson.of(content)));
      case DATA -> blob("image");
      default -> text(block.kind().code(), text(RawJson.of(content)));
    };
  }

  /** Returns the reason in the conventions' words; an answer without one has failed. */
  private static String code(FinishReason reason) {
    if (reason == null) {
      return "error";
    }
    return reason == FinishReason.TOOL_CALLS ? "tool_call" : reason.code();
  }

  private static JsonObject text(String type, String content) {
    return new JsonObject().put("type", type).put("content", content);
  }

  private static JsonObject blob(String modality) {
    return new JsonObject().put("type", "blob").put("modality", modality).put("content", "");
  }

  private static JsonObject call(String id, String name, String arguments) {
    return new JsonObject()
        .put("type", "tool_call")
        .put("id", shortened(id))
        .put("name", shortened(name))
        .put("arguments", object(arguments));
  }

  /** Returns the object that a text is; the text itself if it is none, as when it was cut. */
  private static Object object(String json) {
    try {
      return new JsonObject(json);
    } catch (DecodeException | ClassCastException e) {
      return json;
    }
  }

  /** Returns as much of a string as the budget allows. */
  private String text(RawJson string) {
    int most = Math.max(0, left);
    String head = string.head(most);
    left -= head.length();
    return string.characters() > head.length() ? head + CUT : head;
  }

  private static String shortened(String name) {
    return name == null || name.length() <= MAX_NAME ? name : name.substring(0, MAX_NAME);
  }
}
