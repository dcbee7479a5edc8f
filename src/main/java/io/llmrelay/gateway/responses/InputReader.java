package io.llmrelay.gateway.responses;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Audio;
import io.llmrelay.chat.ContentPart.Document;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Other;
import io.llmrelay.chat.ContentPart.Refusal;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import io.llmrelay.chat.RawJson;
import io.llmrelay.gateway.front.RequestFields;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads the input: a string, or items. What the assistant has said, thought and called in a row is
 * one message.
 */
final class InputReader {
  private static final String INPUT = "input";

  /** What the ids of reasoning items begin with. */
  private static final String REASONING_ID = OutputItem.Kind.REASONING.prefix + "_";

  private static final int MAX_ITEMS = 100_000;

  private final List<String> omissible;
  private final List<String> essential;
  private final ReasoningReader reasoning = new ReasoningReader();
  private final List<ChatMessage> messages = new ArrayList<>();
  private final List<ContentPart> answer = new ArrayList<>();

  /** The URLs of the images of the answer. */
  private final List<RawJson> images = new ArrayList<>();

  /**
   * @param omissible gets what other APIs do not have and can do without
   * @param essential gets what they cannot do without
   */
  InputReader(List<String> omissible, List<String> essential) {
    this.omissible = omissible;
    this.essential = essential;
  }

  /** Returns whether there was reasoning of another vendor than OpenAI. */
  boolean hasForeignReasoning() {
    return reasoning.isForeign();
  }

  /** Reads instructions and input. */
  List<ChatMessage> read(RequestFields in) {
    RawJson instructions = in.text("instructions");
    if (instructions != null) {
      messages.add(ChatMessage.of(Role.SYSTEM, new Text(instructions, null)));
    }
    RawJson input = in.raw(INPUT);
    if (input == null) {
      throw in.required(INPUT);
    }
    if (input.isString()) {
      messages.add(ChatMessage.of(Role.USER, new Text(input, null)));
      return messages;
    }
    List<RequestFields> items = in.objects(INPUT);
    if (items.isEmpty() || items.size() > MAX_ITEMS) {
      throw in.invalid(INPUT, "must have 1 to " + MAX_ITEMS + " items");
    }
    items.forEach(this::item);
    endAnswer();
    if (messages.isEmpty()) {
      throw in.invalid(INPUT, "must have a message");
    }
    return messages;
  }

  private void item(RequestFields in) {
    String type = in.string("type");
    switch (type == null ? "message" : type) {
      case "message" -> message(in);
      case "reasoning" -> answer.addAll(reasoning.read(in));
      case "function_call" -> call(in, in.requiredText("arguments"));
      case "custom_tool_call" -> call(in, CustomTools.arguments(in.requiredText(INPUT).string()));
      case "function_call_output", "custom_tool_call_output" -> output(in);
      case "web_search_call" -> omissible.add(in.path() + " (" + type + ")");
      case "image_generation_call" -> generatedImage(in);
      case "item_reference" -> reference(in);
      default -> other(in, type);
    }
  }

  /** Reads an image of an earlier answer; its media type is known by the first bytes. */
  private void generatedImage(RequestFields in) {
    RawJson result = in.raw("result");
    if (result == null || !result.isString()) {
      omissible.add(in.path() + " (image_generation_call)");
      return;
    }
    String begin = result.asciiHead(5);
    String type = begin.startsWith("/9j/") ? "jpeg" : begin.startsWith("UklGR") ? "webp" : "png";
    images.add(result.withPrefix("data:image/" + type + ";base64,"));
  }

  /**
   * Reads a reference to an item of a stored response, as clients send it that expect the default
   * of {@code store}. Other APIs can do without reasoning, but not without what was said or called.
   */
  private void reference(RequestFields in) {
    if (in.requiredString("id").startsWith(REASONING_ID)) {
      omissible.add(in.path() + " (item_reference)");
    } else {
      other(
          in,
          "an item_reference, which needs a stored response; send the item itself, as clients"
              + " do with store: false");
    }
  }

  private void other(RequestFields in, String type) {
    essential.add(in.path() + " (" + type + ")");
    answer.add(new Other(in.string("type"), in.source()));
  }

  private void endAnswer() {
    if (!answer.isEmpty() || !images.isEmpty()) {
      messages.add(ChatMessage.assistant(answer, images));
      answer.clear();
      images.clear();
    }
  }

  private void message(RequestFields in) {
    String role = in.requiredString("role");
    in.raw("id");
    in.raw("status");
    in.raw("phase");
    List<ContentPart> parts = parts(in, "content");
    in.nothingElse();
    switch (role) {
      case "assistant" -> answer.addAll(parts);
      case "user", "system", "developer" -> {
        endAnswer();
        if (!parts.isEmpty()) {
          messages.add(ChatMessage.of(role.equals("user") ? Role.USER : Role.SYSTEM, parts));
        }
      }
      default -> throw in.invalid("role", "must be user, assistant, system or developer");
    }
  }

  private void call(RequestFields in, RawJson arguments) {
    String id = in.requiredString("call_id");
    String name = in.requiredString("name");
    String namespace = in.string("namespace");
    name = namespace == null ? name : new ToolNames.Namespaced(namespace, name).flat();
    answer.add(new ToolCall(reasoning.callId(id), name, arguments, reasoning.extra(id)));
    in.raw("id");
    in.raw("status");
    in.raw("caller");
    in.nothingElse();
  }

  private void output(RequestFields in) {
    endAnswer();
    String id = in.requiredString("call_id");
    List<ContentPart> parts = parts(in, "output");
    messages.add(
        ChatMessage.of(
            Role.TOOL,
            new ToolResult(
                reasoning.callId(id), parts.isEmpty() ? List.of(Text.of("")) : parts, false)));
    in.raw("id");
    in.raw("status");
    in.raw("caller");
    in.raw("name");
    in.raw("namespace");
    in.nothingElse();
  }

  private List<ContentPart> parts(RequestFields in, String field) {
    RawJson content = in.raw(field);
    if (content == null) {
      throw in.required(field);
    }
    if (content.isString()) {
      return List.of(new Text(content, null));
    }
    List<ContentPart> parts = new ArrayList<>();
    in.objects(field).forEach(part -> parts.add(part(part)));
    return parts;
  }

  private ContentPart part(RequestFields in) {
    String type = in.requiredString("type");
    ContentPart part =
        switch (type) {
          case "input_text", "output_text", "text" -> new Text(in.requiredText("text"), null);
          case "refusal" -> new Refusal(in.requiredText("refusal"));
          case "input_image" -> image(in);
          case "input_file" -> file(in);
          case "input_audio" -> audio(in);
          default -> null;
        };
    if (part == null) {
      essential.add(in.path() + " (" + type + ")");
      return new Other(type, in.source());
    }
    in.raw("annotations");
    in.raw("logprobs");
    if (in.raw("prompt_cache_breakpoint") != null) {
      omissible.add(in.path("prompt_cache_breakpoint"));
    }
    in.nothingElse();
    return part;
  }

  /** Returns {@code null} for an image that is known by its id at the provider. */
  private static ContentPart image(RequestFields in) {
    RawJson url = in.text("image_url");
    String detail = in.string("detail");
    in.raw("file_id");
    if (url == null && !in.has("file_id")) {
      throw in.invalid("image_url", "or file_id is required");
    }
    if (url != null
        && !url.stringStartsWith("data:")
        && !url.stringStartsWith("https://")
        && !url.stringStartsWith("http://")) {
      throw in.invalid("image_url", "must be a data: or an https: URL");
    }
    return url == null ? null : new Image(url, detail, null);
  }

  private static ContentPart file(RequestFields in) {
    RawJson data = in.text("file_data");
    RawJson url = in.text("file_url");
    String id = in.string("file_id");
    String name = in.string("filename");
    in.raw("detail");
    if (data == null && url == null && id == null) {
      throw in.invalid("file_data", "file_url or file_id is required");
    }
    return new Document(
        data == null ? url : data, data == null && url == null ? id : null, name, null);
  }

  private static ContentPart audio(RequestFields in) {
    RequestFields audio = in.requiredObject("input_audio");
    Audio part = new Audio(audio.requiredText("data"), audio.requiredString("format"));
    audio.nothingElse();
    return part;
  }
}
