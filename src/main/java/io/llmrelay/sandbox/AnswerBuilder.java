package io.llmrelay.sandbox;

import io.llmrelay.sandbox.dialect.OfferedTool;
import io.llmrelay.sandbox.dialect.Quirk;
import io.llmrelay.sandbox.dialect.RequestSummary;
import io.llmrelay.sandbox.dialect.SchemaSample;
import io.llmrelay.sandbox.dialect.ScriptedAnswer;
import io.llmrelay.sandbox.dialect.ScriptedAnswer.Finish;
import io.llmrelay.sandbox.dialect.ScriptedToolCall;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Builds the answer of a scenario to a request. */
final class AnswerBuilder {
  private static final String REASONING = "The user wants an answer. A short one will do – 短い答え.";
  private static final List<String> NUMBERS = List.of("6", "1.10", "0.00", "3e+50");
  private static final String REFUSAL = "I'm sorry, but I can't help with that.";
  private static final String STRUCTURED = "{\"answer\":\"Déjà vu\",\"count\":2}";
  private static final String TOOL = "get_weather";
  private static final List<String> CITIES = List.of("Zürich", "Genève", "Lugano");

  private static final Map<ScenarioOption, Quirk> QUIRKS =
      new EnumMap<>(
          Map.of(
              ScenarioOption.INDEX_ZERO, Quirk.INDEX_ZERO,
              ScenarioOption.NO_INDEX, Quirk.NO_INDEX,
              ScenarioOption.NO_IDS, Quirk.NO_IDS,
              ScenarioOption.REPEATED_NAMES, Quirk.REPEATED_NAMES,
              ScenarioOption.FINISH_STOP, Quirk.FINISH_STOP,
              ScenarioOption.INTERLEAVED, Quirk.INTERLEAVED));

  private final Scenario scenario;
  private final ScenarioKind kind;
  private final String backend;
  private final RequestSummary request;

  private AnswerBuilder(Scenario scenario, String backend, RequestSummary request) {
    this.scenario = scenario;
    this.kind = scenario.kind();
    this.backend = backend;
    this.request = request;
  }

  static ScriptedAnswer build(Scenario scenario, String backend, RequestSummary request) {
    return new AnswerBuilder(scenario, backend, request).build();
  }

  private ScriptedAnswer build() {
    List<ScriptedToolCall> calls = toolCalls();
    List<String> tokens =
        kind == ScenarioKind.NUMBERS
            ? NUMBERS
            : split(afterPrefill(text()), scenario.option(ScenarioOption.SIZE, 0));
    int all = tokens.isEmpty() ? 0 : scenario.option(ScenarioOption.CHUNKS, tokens.size());
    int images = scenario.option(ScenarioOption.IMAGES, 0);
    boolean textWithOthers =
        scenario.text() != null || scenario.options().containsKey(ScenarioOption.CHUNKS);
    int count =
        switch (kind) {
          case EMPTY, LENGTH_EMPTY, USAGE_ONLY -> 0;
          case LENGTH, CONTENT_FILTER -> all / 2;
          default -> calls.isEmpty() && images == 0 || textWithOthers ? all : 0;
        };
    return new ScriptedAnswer(
        reasoning(),
        tokens,
        count,
        kind == ScenarioKind.REFUSAL,
        images,
        calls,
        finish(calls),
        kind != ScenarioKind.NO_USAGE,
        kind != ScenarioKind.NO_DONE,
        request.promptChars() == 0 ? 0 : 1 + request.promptChars() / 4,
        0,
        quirks());
  }

  private Finish finish(List<ScriptedToolCall> calls) {
    return switch (kind) {
      case NO_FINISH, USAGE_ONLY -> null;
      case LENGTH, LENGTH_EMPTY -> Finish.LENGTH;
      case CONTENT_FILTER -> Finish.CONTENT_FILTER;
      default -> calls.isEmpty() ? Finish.STOP : Finish.TOOL_CALLS;
    };
  }

  /** Returns what follows the text that the request gives as the beginning of the answer. */
  private String afterPrefill(String text) {
    String prefill = request.prefill();
    return prefill != null && text.startsWith(prefill) ? text.substring(prefill.length()) : text;
  }

  private String text() {
    if (scenario.text() != null) {
      return broken(scenario.text());
    }
    return switch (kind) {
      case REFUSAL -> REFUSAL;
      case JSON ->
          broken(
              request.schema() == null
                  ? STRUCTURED
                  : SchemaSample.object(request.schema()).encode());
      case TOOL_LOOP ->
          request.toolResults().isEmpty()
              ? defaultText(backend)
              : "The tool returned: " + String.join(", ", request.toolResults());
      default -> defaultText(backend);
    };
  }

  /** Returns the default text; its characters take one to four bytes in UTF-8. */
  static String defaultText(String backend) {
    return "Hello, this is "
        + backend
        + ". No model was asked: the sandbox answers the same words every time, "
        + "so that a test can compare them byte by byte. "
        + "Déjà vu, 漢字 and 🙂 must arrive whole, however the bytes are cut.";
  }

  private List<String> reasoning() {
    int chunks =
        scenario.option(ScenarioOption.REASONING, kind.hasReasoning() ? ScenarioOption.MAX : 0);
    return split(REASONING, 0).stream().limit(chunks).toList();
  }

  private List<ScriptedToolCall> toolCalls() {
    List<ScriptedToolCall> calls = new ArrayList<>();
    boolean loop = kind == ScenarioKind.TOOL_LOOP;
    if (loop && (request.tools().isEmpty() || !request.toolResults().isEmpty())) {
      return calls;
    }
    List<ToolCallScript> scripts = scenario.toolCalls();
    int byDefault =
        switch (kind) {
          case TOOL_CALL, TOOL_LOOP -> Math.max(1, scripts.size());
          case TOOL_CALLS -> Math.max(2, scripts.size());
          case EMPTY, LENGTH_EMPTY, USAGE_ONLY -> 0;
          default -> scripts.size();
        };
    int count = scenario.option(ScenarioOption.CALLS, byDefault);
    for (int i = 0; i < count; i++) {
      ToolCallScript script = scripts.isEmpty() ? null : scripts.get(i % scripts.size());
      calls.add(loop ? offered(i, script) : scripted(i, script));
    }
    return calls;
  }

  private ScriptedToolCall scripted(int index, ToolCallScript script) {
    if (script != null) {
      return toolCall(script.id(), script.name(), script.arguments());
    }
    String city = CITIES.get(index % CITIES.size());
    return toolCall(null, TOOL, "{\"city\":\"" + city + "\"}");
  }

  /**
   * Returns a call of the tool that is forced, else that of the script, else the next offered one.
   */
  private ScriptedToolCall offered(int index, ToolCallScript script) {
    List<OfferedTool> tools = request.tools();
    String wanted = request.forcedTool();
    if (wanted == null && script != null) {
      wanted = script.name();
    }
    OfferedTool tool = tools.get(index % tools.size());
    for (OfferedTool candidate : tools) {
      tool = candidate.name().equals(wanted) ? candidate : tool;
    }
    boolean given = script != null && script.name().equals(tool.name());
    return toolCall(
        given ? script.id() : null,
        tool.name(),
        given ? script.arguments() : SchemaSample.object(tool.schema()).encode());
  }

  private ScriptedToolCall toolCall(String id, String name, String arguments) {
    String sent = broken(arguments);
    return new ScriptedToolCall(id, name, sent, fragments(sent));
  }

  /** Removes the last character if the scenario sends invalid JSON. */
  private String broken(String json) {
    return scenario.option(ScenarioOption.BROKEN, 0) == 0
        ? json
        : json.substring(0, json.length() - 1);
  }

  private List<String> fragments(String arguments) {
    int length = arguments.codePointCount(0, arguments.length());
    int size = scenario.option(ScenarioOption.FRAGMENT, -1);
    if (size == 0) {
      return List.of();
    }
    if (size > 0) {
      return split(arguments, size);
    }
    int first = Math.min(length, scenario.option(ScenarioOption.SPLIT, length / 2));
    int at = arguments.offsetByCodePoints(0, first);
    return List.of(arguments.substring(0, at), arguments.substring(at));
  }

  private Set<Quirk> quirks() {
    Set<Quirk> quirks = EnumSet.noneOf(Quirk.class);
    switch (kind) {
      case NUMBERS -> quirks.add(Quirk.NUMBERS);
      case REASONING_DETAILS -> quirks.add(Quirk.REASONING_DETAILS);
      case USAGE_IN_CHOICE -> quirks.add(Quirk.USAGE_IN_CHOICE);
      case USAGE_IN_X_GROQ -> quirks.add(Quirk.USAGE_IN_X_GROQ);
      default -> {}
    }
    QUIRKS.forEach(
        (option, quirk) -> {
          if (scenario.options().containsKey(option)) {
            quirks.add(quirk);
          }
        });
    return quirks;
  }

  /** Splits into words with their leading space or, if {@code size} > 0, runs of code points. */
  private static List<String> split(String text, int size) {
    List<String> parts = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int end;
      if (size > 0) {
        int left = text.codePointCount(start, text.length());
        end = text.offsetByCodePoints(start, Math.min(size, left));
      } else {
        end = text.indexOf(' ', start + 1);
        end = end < 0 ? text.length() : end;
      }
      parts.add(text.substring(start, end));
      start = end;
    }
    return parts;
  }
}
