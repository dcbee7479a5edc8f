package io.llmrelay.chat;

import static com.fasterxml.jackson.core.JsonToken.END_OBJECT;
import static com.fasterxml.jackson.core.JsonToken.START_ARRAY;
import static com.fasterxml.jackson.core.JsonToken.VALUE_NULL;
import static com.fasterxml.jackson.core.JsonToken.VALUE_STRING;

import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ContentPart.Document;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Reasoning;
import io.llmrelay.chat.ContentPart.Refusal;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads one message. Its fields may come in any order, so they are collected first and then
 * converted to parts in the order of an answer: reasoning, content, refusal, tool calls.
 */
final class MessageReader {
  private final JsonCursor in;
  private final RequestPath path;
  private String role;
  private String name;
  private boolean hasContent;
  private final List<ContentPart> content = new ArrayList<>();
  private final List<Reasoning> details = new ArrayList<>();

  /** For each of the details, how many tool calls precede it. */
  private final List<Integer> callsBefore = new ArrayList<>();

  private int detailsRead;
  private final List<ContentPart> calls = new ArrayList<>();
  private RawJson reasoning;
  private RawJson refusal;
  private RawJson cacheControl;
  private RawJson images;
  private String callId;
  private boolean error;

  private MessageReader(JsonCursor in, RequestPath path) {
    this.in = in;
    this.path = path;
  }

  /** Reads the message at the cursor. */
  static ChatMessage read(JsonCursor in, RequestPath path) {
    return new MessageReader(in, path).read();
  }

  private ChatMessage read() {
    int from = in.tokenStart();
    in.next();
    while (!in.at(END_OBJECT)) {
      field(in.field());
    }
    RawJson source = in.closedSince(from);
    in.next();
    return new ChatMessage(role(), name, parts(), images(), source);
  }

  private void field(String field) {
    switch (field) {
      case "role" -> role = string(field);
      case "name" -> name = string(field);
      case "content" -> content();
      case "reasoning_content", "reasoning" -> {
        RawJson text = text(field);
        reasoning = text == null ? reasoning : text;
      }
      case "reasoning_details" -> elements(field, this::detail);
      case "thinking_blocks" -> elements(field, at -> addDetail(thinking(at), 0));
      case "refusal" -> refusal = text(field);
      case "cache_control" -> cacheControl = in.raw();
      case "images" -> images = in.raw();
      case "tool_calls" -> elements(field, at -> calls.add(call(at)));
      case "tool_call_id" -> callId = string(field);
      case "is_error" -> error = Boolean.TRUE.equals(in.value());
      default -> path.unknown(field, in.raw());
    }
  }

  private Role role() {
    return switch (role == null ? "" : role) {
      case "system", "developer" -> Role.SYSTEM;
      case "user" -> Role.USER;
      case "assistant" -> Role.ASSISTANT;
      case "tool" -> Role.TOOL;
      case "function" ->
          throw path.invalid("role", "\"function\" is not supported; send tools and role tool");
      default -> throw path.invalid("role", "must be system, developer, user, assistant or tool");
    };
  }

  private List<ContentPart> parts() {
    Role role = role();
    if (cacheControl != null) {
      cache();
    }
    if (role == Role.ASSISTANT) {
      return assistantParts();
    }
    if (!hasContent) {
      throw path.invalid("content", "must be a string or an array of content parts");
    }
    if (!calls.isEmpty()) {
      throw path.invalid("tool_calls", "are only allowed in messages of the assistant");
    }
    if (role != Role.TOOL) {
      return content;
    }
    if (callId == null || callId.isEmpty()) {
      throw path.invalid("tool_call_id", "must be the id of the tool call that it answers");
    }
    return List.of(new ToolResult(callId, content, error));
  }

  /** Puts {@code cache_control} of the message on its last part that can have it. */
  private void cache() {
    for (int i = content.size() - 1; i >= 0; i--) {
      ContentPart part = content.get(i);
      if (part instanceof Text text) {
        content.set(i, new Text(text.content(), cacheControl));
        return;
      }
      if (part instanceof Image image) {
        content.set(i, new Image(image.url(), image.detail(), cacheControl));
        return;
      }
      if (part instanceof Document file) {
        content.set(i, new Document(file.data(), file.fileId(), file.filename(), cacheControl));
        return;
      }
    }
    if (calls.isEmpty()) {
      path.unknown("cache_control", cacheControl);
    } else {
      ToolCall call = (ToolCall) calls.remove(calls.size() - 1);
      calls.add(new ToolCall(call.id(), call.name(), call.arguments(), call.extra(), cacheControl));
    }
  }

  private List<ContentPart> assistantParts() {
    List<ContentPart> parts = new ArrayList<>();
    int detail = addDetails(0, calls.isEmpty() ? Integer.MAX_VALUE : 0, parts);
    if (reasoning != null && details.isEmpty()) {
      parts.add(new Reasoning(reasoning, null, null, null, null));
    }
    parts.addAll(content);
    if (refusal != null) {
      parts.add(new Refusal(refusal));
    }
    for (int i = 0; i < calls.size(); i++) {
      parts.add(calls.get(i));
      detail = addDetails(detail, i + 1, parts);
    }
    addDetails(detail, Integer.MAX_VALUE, parts);
    return parts;
  }

  /**
   * Adds the details from one on that are preceded by at most so many calls. Returns the first one
   * that is not.
   */
  private int addDetails(int from, int calls, List<ContentPart> parts) {
    int detail = from;
    while (detail < details.size() && callsBefore.get(detail) <= calls) {
      parts.add(details.get(detail++));
    }
    return detail;
  }

  /** Returns the URLs of the images of an answer; other values of the field are unknown. */
  private List<RawJson> images() {
    if (images == null) {
      return List.of();
    }
    List<RawJson> urls = new ArrayList<>();
    if (role() == Role.ASSISTANT && images.isArray()) {
      images.elements().forEach(each -> urls.add(imageUrl(each)));
    }
    if (urls.isEmpty() || urls.contains(null)) {
      path.unknown("images", images);
      return List.of();
    }
    return urls;
  }

  /** Returns the URL of an image in the form of a content part, or {@code null}. */
  private static RawJson imageUrl(RawJson part) {
    RawJson image = part == null || !part.isObject() ? null : part.fields().get("image_url");
    RawJson url = image == null || !image.isObject() ? null : image.fields().get("url");
    return url == null || !url.isString() ? null : url;
  }

  private void content() {
    if (in.at(START_ARRAY)) {
      elements("content", at -> content.add(PartReader.read(in, at)));
      if (content.isEmpty()) {
        throw path.invalid("content", "must have at least one part");
      }
      hasContent = true;
      return;
    }
    if (!in.at(VALUE_STRING) && !in.at(VALUE_NULL)) {
      throw path.invalid("content", "must be a string or an array of content parts");
    }
    RawJson text = in.raw();
    if (text != null) {
      content.add(new Text(text, null));
      hasContent = true;
    }
  }

  /** Reads an entry of OpenRouter's {@code reasoning_details}. */
  private void detail(RequestPath at) {
    ObjectFields fields = ObjectFields.read(in, at);
    RawJson text = fields.text("text");
    RawJson summary = fields.text("summary");
    Reasoning detail =
        new Reasoning(
            text == null ? summary : text,
            fields.string("format"),
            fields.string("id"),
            fields.string("signature"),
            fields.string("data"));
    RawJson index = fields.raw("index");
    boolean placed = index != null && Reasoning.ANTHROPIC.equals(detail.origin());
    int before = placed && index.value() instanceof Integer i ? i - detailsRead : 0;
    detailsRead++;
    if (detail.text() != null || detail.encrypted() != null || detail.signature() != null) {
      addDetail(detail, before);
    }
  }

  private void addDetail(Reasoning detail, int calls) {
    details.add(detail);
    callsBefore.add(calls);
  }

  /** Reads reasoning in Anthropic's form: an entry of {@code thinking_blocks} or a content part. */
  private Reasoning thinking(RequestPath at) {
    return PartReader.thinking(ObjectFields.read(in, at));
  }

  private ToolCall call(RequestPath at) {
    ObjectFields fields = ObjectFields.read(in, at);
    String type = fields.string("type");
    boolean custom = CustomCall.TYPE.equals(type);
    ObjectFields function = fields.object(custom ? CustomCall.TYPE : Tool.FUNCTION);
    if (function == null || type != null && !custom && !type.equals(Tool.FUNCTION)) {
      throw at.invalid("type", "must be function or custom, with an object of that name");
    }
    RawJson arguments = function.text(custom ? "input" : "arguments");
    ToolCall call =
        new ToolCall(
            fields.required("id"),
            function.required("name"),
            arguments == null ? RawJson.of("") : arguments,
            custom ? RawJson.of(CustomCall.extra()) : fields.raw("extra_content"),
            fields.raw("cache_control"));
    fields.raw("index"); // Clients echo it from the stream.
    fields.nothingElse();
    function.nothingElse();
    return call;
  }

  private void elements(String field, RequestPath.Element element) {
    path.elements(in, field, element);
  }

  private String string(String field) {
    RawJson text = text(field);
    return text == null ? null : text.string();
  }

  private RawJson text(String field) {
    RawJson value = in.raw();
    if (value != null && !value.isString()) {
      throw path.invalid(field, "must be a string");
    }
    return value;
  }
}
