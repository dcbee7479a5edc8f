package io.llmrelay.provider;

import io.llmrelay.chat.ChatMessage;
import io.llmrelay.chat.ChatMessage.Role;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.ContentPart.Refusal;
import io.llmrelay.chat.ContentPart.Text;
import io.llmrelay.chat.ContentPart.ToolCall;
import io.llmrelay.chat.ContentPart.ToolResult;
import io.llmrelay.chat.RawJson;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A request's messages for dialects that separate system texts from the conversation and require
 * user and assistant to alternate. Empty texts are omitted, since these dialects reject them.
 */
public final class Conversation {
  /** The length of an encoded empty string, in bytes. */
  private static final int EMPTY = 2;

  private static final String OPENING = "(The assistant begins the conversation.)";

  private Conversation() {}

  /**
   * A turn of the user, which includes the results of tools, or of the assistant.
   *
   * @param parts at least one
   */
  public record Turn(boolean assistant, List<ContentPart> parts) {
    /** Returns the ids of the tool calls in it. */
    public List<String> callIds() {
      return parts.stream()
          .filter(ToolCall.class::isInstance)
          .map(part -> ((ToolCall) part).id())
          .toList();
    }

    /** Returns the ids of the calls whose results are in it. */
    public List<String> resultIds() {
      return parts.stream()
          .filter(ToolResult.class::isInstance)
          .map(part -> ((ToolResult) part).callId())
          .toList();
    }
  }

  /** Returns the parts of the system messages. */
  public static List<ContentPart> systemParts(ChatRequest request) {
    List<ContentPart> parts = new ArrayList<>();
    for (ChatMessage message : request.messages()) {
      if (message.role() == Role.SYSTEM) {
        parts.addAll(parts(message));
      }
    }
    return parts;
  }

  /**
   * Returns the other messages, with consecutive messages of one side merged. In the turn of the
   * user that follows tool calls, their results come first, in the order of the calls.
   */
  public static List<Turn> turns(ChatRequest request) {
    return turns(request, part -> true);
  }

  /**
   * Returns the turns with only some of the parts; messages without such parts are omitted.
   *
   * @param kept selects the parts
   */
  public static List<Turn> turns(ChatRequest request, Predicate<ContentPart> kept) {
    return merged(
        request,
        message -> {
          List<ContentPart> parts = parts(message);
          parts.removeIf(part -> !kept.test(part));
          return parts;
        });
  }

  /**
   * Returns the turns of a dialect that takes back the images of earlier answers: in each, they
   * follow its other content and precede its tool calls.
   */
  public static List<Turn> turnsWithImages(ChatRequest request) {
    return merged(
        request,
        message -> {
          List<ContentPart> parts = parts(message);
          int calls = 0;
          while (calls < parts.size() && !(parts.get(calls) instanceof ToolCall)) {
            calls++;
          }
          parts.addAll(calls, message.images().stream().map(Image::of).toList());
          return parts;
        });
  }

  private static List<Turn> merged(
      ChatRequest request, Function<ChatMessage, List<ContentPart>> partsOf) {
    List<Turn> turns = new ArrayList<>();
    for (ChatMessage message : request.messages()) {
      List<ContentPart> parts = partsOf.apply(message);
      if (message.role() == Role.SYSTEM || parts.isEmpty()) {
        continue;
      }
      boolean assistant = message.role() == Role.ASSISTANT;
      Turn last = turns.isEmpty() ? null : turns.get(turns.size() - 1);
      if (last == null || last.assistant() != assistant) {
        turns.add(new Turn(assistant, parts));
      } else {
        last.parts().addAll(parts);
      }
    }
    for (int i = 1; i < turns.size(); i++) {
      if (!turns.get(i).assistant()) {
        sortResults(turns.get(i).parts(), turns.get(i - 1).callIds());
      }
    }
    return turns;
  }

  private static void sortResults(List<ContentPart> parts, List<String> callIds) {
    if (!callIds.isEmpty()) {
      parts.sort(
          Comparator.comparingInt(
              part -> {
                int call =
                    part instanceof ToolResult result ? callIds.indexOf(result.callId()) : -1;
                return call < 0 ? callIds.size() : call;
              }));
    }
  }

  /**
   * Returns what is wrong with the tool calls of the conversation for providers that require each
   * to be answered once, in the turn after it; {@code null} if nothing is.
   */
  public static String unpairedCall(ChatRequest request) {
    List<String> open = List.of();
    for (Turn turn : turns(request)) {
      List<String> results = turn.resultIds();
      if (!turn.assistant() && results.size() > new HashSet<>(results).size()) {
        return "a tool call has two results";
      }
      if (!results.containsAll(open)) {
        return "a tool call has no result after it";
      }
      if (!open.containsAll(results)) {
        return "a tool result follows no call with its id";
      }
      open = turn.callIds();
      if (open.size() > new HashSet<>(open).size()) {
        return "two tool calls have the same id";
      }
    }
    return open.isEmpty() ? null : "a tool call has no result after it";
  }

  /** Returns whether there is anything besides system messages and empty texts. */
  public static boolean isEmpty(ChatRequest request) {
    return turns(request).isEmpty();
  }

  /**
   * Puts a turn of the user before a conversation that begins with the assistant, such as a
   * greeting, for providers that require it.
   */
  public static void beginWithUser(List<Turn> turns, Translation translation) {
    if (!turns.isEmpty() && turns.get(0).assistant()) {
      turns.add(0, new Turn(false, List.of(Text.of(OPENING))));
      translation.warn("a message of the user was put first, since the assistant begins");
    }
  }

  /** Removes white space at the end of a conversation that the assistant is to continue. */
  public static void trimPrefill(List<Turn> turns, Translation translation) {
    Turn last = turns.get(turns.size() - 1);
    int index = last.parts().size() - 1;
    if (last.assistant() && last.parts().get(index) instanceof Text text) {
      String trimmed = text.text().stripTrailing();
      if (!trimmed.equals(text.text())) {
        last.parts().set(index, new Text(RawJson.of(trimmed), text.cacheControl()));
        translation.warn("white space at the end of the last message was removed");
      }
    }
  }

  /** Records names and image details as left out, for dialects without such fields. */
  public static void leaveOutNames(ChatRequest request, Translation translation) {
    for (ChatMessage message : request.messages()) {
      if (message.name() != null) {
        translation.leftOut("messages[].name");
      }
      for (ContentPart part : message.parts()) {
        if (part instanceof Image image
            && image.detail() != null
            && !image.detail().equals("auto")) {
          translation.leftOut("image_url.detail");
        }
      }
    }
  }

  /** Records {@code cache_control} of messages and tools as left out, for dialects without it. */
  public static void leaveOutCacheControl(ChatRequest request, Translation translation) {
    boolean tools = request.tools().stream().anyMatch(tool -> tool.cacheControl() != null);
    if (tools || request.messages().stream().anyMatch(each -> isCached(each.parts()))) {
      translation.leftOut("cache_control");
    }
  }

  private static boolean isCached(List<ContentPart> parts) {
    return parts.stream()
        .anyMatch(
            part ->
                part instanceof Text text && text.cacheControl() != null
                    || part instanceof Image image && image.cacheControl() != null
                    || part instanceof ToolCall call && call.cacheControl() != null
                    || part instanceof ToolResult result && isCached(result.content()));
  }

  /** Returns whether a text or refusal is only white space, which some providers reject. */
  public static boolean isBlank(ContentPart part) {
    RawJson text =
        part instanceof Text plain
            ? plain.content()
            : part instanceof Refusal refusal ? refusal.content() : null;
    if (text == null) {
      return false;
    }
    String head = text.asciiHead(1);
    return (head.isEmpty() || head.isBlank()) && text.string().isBlank();
  }

  /**
   * Returns the first problem with a part, including the parts of tool results, with the place of
   * its message; {@code null} if there is none.
   *
   * @param problem returns what is wrong with a part, or {@code null}
   */
  public static String problem(ChatRequest request, Function<ContentPart, String> problem) {
    for (int i = 0; i < request.messages().size(); i++) {
      String found = problem(request.messages().get(i).parts(), problem);
      if (found != null) {
        return "messages[" + i + "]: " + found;
      }
    }
    return null;
  }

  private static String problem(List<ContentPart> parts, Function<ContentPart, String> problem) {
    return parts.stream()
        .map(
            part -> {
              String found = problem.apply(part);
              return found == null && part instanceof ToolResult result
                  ? problem(result.content(), problem)
                  : found;
            })
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  private static List<ContentPart> parts(ChatMessage message) {
    List<ContentPart> parts = new ArrayList<>();
    for (ContentPart part : message.parts()) {
      if (!(part instanceof Text text) || text.content().length() > EMPTY) {
        parts.add(part);
      }
    }
    return parts;
  }
}
