package io.llmrelay.sandbox;

import io.llmrelay.sandbox.dialect.SandboxError;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The behaviour of a sandbox backend for one request. Immutable; every scenario works in every
 * dialect, streaming or not, and always gives the same bytes.
 *
 * <p>A scenario has a text form for configurations ({@link SandboxOptions#setScenarios}) and model
 * names ({@code "model": "mock-die-after-3"}):
 *
 * <pre>
 *   [mock-] kind [-after-POSITION] [-option-NUMBER]… [-flag]…
 * </pre>
 *
 * <p>and in configurations a JSON form, with members that the text form cannot express:
 *
 * <pre>
 *   {"scenario": "tool-calls-fragment-1", "text": "I will look it up.",
 *    "toolCalls": [{"id": "call_1", "name": "search", "arguments": {"query": "Zürich"}}],
 *    "headers": {"retry-after": "7"}}
 * </pre>
 *
 * <p>{@code arguments} is an object, or a string with JSON text that is sent unchanged and may be
 * invalid. Without {@code id} a tool call has one in the format of the vendor.
 *
 * <table>
 * <caption>Kinds of a whole answer</caption>
 * <tr><td>{@code model}</td><td>a healthy answer that names the backend</td></tr>
 * <tr><td>{@code reasoning}</td><td>reasoning deltas first, then the answer</td></tr>
 * <tr><td>{@code reasoning-details}</td><td>the same; OpenAI: in {@code reasoning_details} and
 *     nowhere else</td></tr>
 * <tr><td>{@code refusal}</td><td>OpenAI: refusal deltas, finish {@code stop}; Anthropic: no text,
 *     {@code stop_reason: refusal}</td></tr>
 * <tr><td>{@code tool-call}, {@code tool-calls}</td><td>one call of {@code get_weather}, two calls;
 *     those of the scenario if it has any</td></tr>
 * <tr><td>{@code tool-loop}</td><td>if the request ends with a tool result, an answer that quotes
 *     it; if it offers tools, a call of the one it forces, of that of the scenario or of the first
 *     one, with the arguments of the scenario or such as its schema requires; else a healthy
 *     answer</td></tr>
 * <tr><td>{@code json}</td><td>an answer in JSON, valid for the schema in the request</td></tr>
 * <tr><td>{@code length}, {@code length-empty}</td><td>ended by the token limit, with half of
 *     the text or none</td></tr>
 * <tr><td>{@code content-filter}</td><td>half of the text, then the filter ends it</td></tr>
 * <tr><td>{@code empty}</td><td>finish {@code stop} without any content</td></tr>
 * <tr><td>{@code usage-only}</td><td>usage, without content and finish reason</td></tr>
 * <tr><td>{@code no-usage}</td><td>healthy, without usage</td></tr>
 * <tr><td>{@code usage-in-choice}, {@code usage-in-x-groq}</td><td>healthy; in OpenAI streams, usage
 *     is only in the choice of the last chunk or in its {@code x_groq}</td></tr>
 * <tr><td>{@code numbers}</td><td>tokens that are numbers, sent as JSON numbers in a stream</td></tr>
 * <tr><td>{@code no-finish}</td><td>the terminator ({@code [DONE]}, {@code message_stop}) without a
 *     finish reason</td></tr>
 * <tr><td>{@code no-done}</td><td>the finish reason without the terminator</td></tr>
 * <tr><td>{@code gzip}</td><td>healthy, gzip-encoded although the client did not accept it</td></tr>
 * <tr><td>{@code wrong-type}</td><td>healthy, with a wrong content type</td></tr>
 * <tr><td>{@code repeated}</td><td>the frames before any content, the finish reason, the usage and
 *     the end marker twice</td></tr>
 * <tr><td>{@code early-finish}</td><td>healthy, but the finish reason and the usage precede the last
 *     chunk</td></tr>
 * <tr><td>{@code drip}</td><td>each byte of a frame in a write of its own</td></tr>
 * <tr><td>{@code trailing}</td><td>healthy, followed by bytes that are no event</td></tr>
 * <tr><td>{@code redirect}</td><td>307 to the backend {@code redirected}</td></tr>
 * <tr><td>{@code splitting}</td><td>healthy, but the name of the model contains line breaks, a
 *     header and a whole event</td></tr>
 * <tr><td>{@code splitting-head}</td><td>healthy, with bare line breaks and further headers in the
 *     values of its headers</td></tr>
 * <tr><td>{@code NNN}</td><td>that HTTP status (200–599) with the vendor's error body; also {@code
 *     400-context}, {@code 400-policy}, {@code 429-quota}</td></tr>
 * <tr><td>{@code 400-vllm}, {@code 400-sglang}, {@code 400-llamacpp}, {@code
 *     400-outputlimit}</td><td>a prompt that is too long, as these servers report it, and
 *     Anthropic if prompt and {@code max_tokens} together exceed the limit</td></tr>
 * <tr><td>{@code 400-parameter}, {@code 400-streamoptions}, {@code 400-model}, {@code 400-tooluse},
 *     {@code 400-badrequest}, {@code 413-tpm}, {@code 429-tpm}, {@code 429-retrydelay}</td><td>
 *     errors of particular servers: an unsupported parameter, {@code stream_options} in
 *     particular, an unknown model, an invalid tool call by the model, vLLM's invalid request, a
 *     request above the tokens per minute of an account (Groq, OpenAI), Google's retry delay</td></tr>
 * <tr><td>{@code NNN-html}, {@code NNN-empty}, {@code 200-error}</td><td>that status with an HTML
 *     page, an empty body, a JSON error</td></tr>
 * <tr><td>{@code NNN-splitting}</td><td>that status with line breaks and headers in the texts of
 *     the error</td></tr>
 * <tr><td>{@code down-for-MS}</td><td>503 for that time, then healthy</td></tr>
 * <tr><td>{@code flap-for-MS}</td><td>alternately 503 and healthy, each for that time</td></tr>
 * </table>
 *
 * <p>{@code down} and {@code flap} count from when the script was set, or from the start of the
 * sandbox if a model name chooses them.
 *
 * <table>
 * <caption>Faults and their default positions</caption>
 * <tr><td>{@code die}</td><td>before the head</td><td>the connection ends with a FIN (but see
 *     {@link SandboxOptions#setResetOnClose})</td></tr>
 * <tr><td>{@code die-in-frame}, {@code die-in-char}</td><td>after 1</td><td>the same in the middle
 *     of the next frame, or of a three-byte character</td></tr>
 * <tr><td>{@code reset}, {@code reset-in-frame}, {@code reset-in-char}</td><td>as {@code
 *     die}</td><td>the same with a TCP reset; bytes that a slow client has not
 *     received are lost</td></tr>
 * <tr><td>{@code refuse-stream}, {@code reset-stream}</td><td>before the head</td><td>HTTP/2: the
 *     stream is reset with REFUSED_STREAM or INTERNAL_ERROR, and the connection stays open. HTTP/1.1:
 *     as {@code die}</td></tr>
 * <tr><td>{@code goaway}</td><td>before the head</td><td>HTTP/2: a GOAWAY, and the answer goes on.
 *     HTTP/1.1: healthy</td></tr>
 * <tr><td>{@code goaway-refuse}</td><td>before the head</td><td>HTTP/2: a GOAWAY whose last stream is
 *     the one before. HTTP/1.1: as {@code die}</td></tr>
 * <tr><td>{@code end}</td><td>after all tokens</td><td>the response ends as HTTP requires, without
 *     finish reason or end marker</td></tr>
 * <tr><td>{@code end-in-frame}, {@code end-in-char}</td><td>after 1</td><td>the same in the middle
 *     of a frame or character</td></tr>
 * <tr><td>{@code stall}</td><td>before the head</td><td>silence without end, or for {@code -for-MS},
 *     after which the answer continues</td></tr>
 * <tr><td>{@code sse-error[-NNN]}</td><td>after the head</td><td>an error event, then the end;
 *     "overloaded", or the error with that status or name ({@code sse-error-429-quota}). Not
 *     streaming: the HTTP error</td></tr>
 * <tr><td>{@code sse-error-done[-NNN]}</td><td>after the head</td><td>the same, followed by the end
 *     marker, as some servers do</td></tr>
 * <tr><td>{@code malformed}</td><td>after 1</td><td>a frame of invalid JSON; the rest follows</td></tr>
 * <tr><td>{@code broken-gzip}</td><td>after 1</td><td>a gzip-encoded body with bytes that are
 *     not</td></tr>
 * <tr><td>{@code broken-chunking}</td><td>after 1</td><td>HTTP/1.1: bytes that are no chunk of the
 *     transfer encoding</td></tr>
 * <tr><td>{@code comments}, {@code pings}, {@code noise}</td><td>after head, after role, after
 *     head</td><td>SSE comments, the dialect's empty events, or data that is no payload ({@code :
 *     keepalive}, {@code ping}, {@code null}, {@code ""}) without end, or for {@code -for-MS},
 *     after which the answer continues; every 20 ms unless {@code -every-MS}</td></tr>
 * <tr><td>{@code huge-frame-MB}</td><td>after 0</td><td>one frame of that many megabytes</td></tr>
 * <tr><td>{@code endless-frame}</td><td>after 0</td><td>one frame without end, as fast as the client
 *     reads unless {@code -every-MS} (for each 64 KB)</td></tr>
 * <tr><td>{@code flood-MB}</td><td>after 0</td><td>that many megabytes of text, as fast as the
 *     client reads</td></tr>
 * </table>
 *
 * <p>POSITION of a fault: {@code head} (after the response head), {@code comments} (after three
 * more SSE comments), {@code role} (after the opening frames), the number of chunks of text and
 * tool calls before it, without reasoning, or {@code finish} (after the finish reason and the
 * usage, before the end marker). In a whole answer, every position after the head is the middle of
 * the body.
 *
 * <table>
 * <caption>Options</caption>
 * <tr><td>{@code -first-MS}</td><td>delay before the first chunk</td></tr>
 * <tr><td>{@code -every-MS}</td><td>delay between chunks</td></tr>
 * <tr><td>{@code -chunks-N}</td><td>exactly that many text chunks; the text is repeated or cut</td></tr>
 * <tr><td>{@code -size-N}</td><td>that many characters per chunk instead of a word</td></tr>
 * <tr><td>{@code -reasoning-N}</td><td>up to that many reasoning chunks before the text</td></tr>
 * <tr><td>{@code -calls-N}</td><td>that many tool calls (at most 128), also in a fault</td></tr>
 * <tr><td>{@code -images-N}</td><td>OpenAI, Gemini: that many images after the text</td></tr>
 * <tr><td>{@code -fragment-N}</td><td>that many characters of arguments per chunk instead of one
 *     half; 0 for each tool call in one chunk</td></tr>
 * <tr><td>{@code -split-N}</td><td>arguments in two chunks, split after that many characters</td></tr>
 * <tr><td>{@code -retry-after-S}</td><td>a Retry-After header on an error status</td></tr>
 * <tr><td>{@code -reset-S}</td><td>a header with the reset time of the limit on an error status,
 *     without one for what remains</td></tr>
 * </table>
 *
 * <table>
 * <caption>Flags</caption>
 * <tr><td>{@code -broken}</td><td>arguments and JSON answers without their last character. Gemini:
 *     {@code MALFORMED_FUNCTION_CALL}; Ollama: an error</td></tr>
 * <tr><td>{@code -no-ids}</td><td>tool calls without ids</td></tr>
 * <tr><td>{@code -index-zero}, {@code -no-index}</td><td>OpenAI: tool calls that all have the index 0,
 *     or none</td></tr>
 * <tr><td>{@code -repeated-names}</td><td>OpenAI: id and name in every chunk of a tool call</td></tr>
 * <tr><td>{@code -finish-stop}</td><td>tool calls that end with the finish reason of a text</td></tr>
 * <tr><td>{@code -interleaved}</td><td>Anthropic: the reasoning again before each tool call after the
 *     first</td></tr>
 * </table>
 *
 * <p>An answer has reasoning first, then text, then images, then tool calls; images and tool calls
 * have no text before them unless {@link #text}, {@code text} in JSON or {@code -chunks-N} is set.
 * Gemini, Ollama and Cloudflare send tool calls whole; Cloudflare has no reasoning.
 *
 * <p>A number is at most 999999. A whole answer is sent after the delays of all chunks.
 *
 * <p>Examples: {@code mock-model-first-2000}, {@code mock-429-retry-after-7}, {@code
 * mock-die-after-3}, {@code mock-stall-after-role}, {@code mock-stall-after-3-for-500}.
 */
public final class Scenario {

  /** The prefix of model names that choose a scenario. */
  public static final String MODEL_PREFIX = "mock-";

  /** The largest number of tool calls in an answer. */
  static final int MAX_TOOL_CALLS = 128;

  static final int FINISH = -5;
  static final int BEFORE_HEAD = -4;
  static final int HEAD = -3;
  static final int COMMENTS = -2;
  static final int ROLE = -1;
  static final int ALL = Integer.MAX_VALUE;

  private static final Scenario OK =
      new Scenario(ScenarioKind.MODEL, null, null, List.of(), Map.of(), Map.of());

  private final ScenarioKind kind;
  private final ErrorResponse error;
  private final String text;
  private final List<ToolCallScript> toolCalls;
  private final Map<ScenarioOption, Integer> options;
  private final Map<String, String> headers;

  private Scenario(
      ScenarioKind kind,
      ErrorResponse error,
      String text,
      List<ToolCallScript> toolCalls,
      Map<ScenarioOption, Integer> options,
      Map<String, String> headers) {
    this.kind = kind;
    this.error = error;
    this.text = text;
    this.toolCalls = toolCalls;
    this.options = options;
    this.headers = headers;
  }

  /** Returns the scenario of a healthy answer. */
  public static Scenario ok() {
    return OK;
  }

  /**
   * Parses a scenario; the tables above have the grammar.
   *
   * @throws IllegalArgumentException if the text is not a scenario; the message has the reason and
   *     the known scenarios
   */
  public static Scenario of(String text) {
    return text.startsWith("{") ? ScenarioJson.parse(text) : ScenarioParser.parse(text);
  }

  /**
   * Returns an HTTP error with the body of the vendor.
   *
   * @param status 200–599
   */
  public static Scenario http(int status) {
    return of(Integer.toString(status));
  }

  /**
   * Returns an HTTP response with any content type and body.
   *
   * @param status 200–599
   */
  public static Scenario http(int status, String contentType, String body) {
    http(status);
    Objects.requireNonNull(contentType, "contentType");
    Objects.requireNonNull(body, "body");
    return of(ScenarioKind.HTTP, ErrorResponse.of(status, contentType, body));
  }

  static Scenario of(ScenarioKind kind, ErrorResponse error) {
    return new Scenario(kind, error, null, List.of(), Map.of(), Map.of());
  }

  static Scenario error(SandboxError error) {
    return of(ScenarioKind.HTTP, ErrorResponse.of(error));
  }

  /** Returns a copy with this text instead of the default one. */
  public Scenario text(String text) {
    Objects.requireNonNull(text, "text");
    return new Scenario(kind, error, text, toolCalls, options, headers);
  }

  /**
   * Returns a copy with one more tool call in its answer, after the text if the text is set.
   *
   * @param id the id; {@code null} for one in the format of the vendor
   * @param arguments JSON text, which is sent unchanged and may be invalid
   * @throws IllegalArgumentException if there are 128 tool calls already
   */
  public Scenario toolCall(String id, String name, String arguments) {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(arguments, "arguments");
    if (toolCalls.size() == MAX_TOOL_CALLS) {
      throw new IllegalArgumentException("toolCalls: must be at most " + MAX_TOOL_CALLS);
    }
    List<ToolCallScript> more = new ArrayList<>(toolCalls);
    more.add(new ToolCallScript(id, name, arguments));
    return new Scenario(kind, error, text, List.copyOf(more), options, headers);
  }

  /** Returns a copy with one more tool call, with an id in the format of the vendor. */
  public Scenario toolCall(String name, String arguments) {
    return toolCall(null, name, arguments);
  }

  /** Returns a copy with one more response header, which overrides a header of the sandbox. */
  public Scenario header(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Scenario(kind, error, text, toolCalls, options, more);
  }

  /** Returns a copy with a delay before the first chunk, in milliseconds. */
  public Scenario firstDelay(int millis) {
    return with(ScenarioOption.FIRST, millis);
  }

  /** Returns a copy with a delay between two chunks, in milliseconds. */
  public Scenario chunkDelay(int millis) {
    return with(ScenarioOption.EVERY, millis);
  }

  /** Returns a copy with exactly that many text chunks; the text is repeated or cut. */
  public Scenario chunks(int chunks) {
    return with(ScenarioOption.CHUNKS, chunks);
  }

  /** Returns a copy with that many characters (code points) per chunk instead of a word. */
  public Scenario chunkSize(int characters) {
    return with(ScenarioOption.SIZE, characters);
  }

  /** Returns a scenario of another kind with the text, options and headers of this one. */
  Scenario as(Scenario other) {
    return new Scenario(other.kind, other.error, text, toolCalls, options, headers);
  }

  Scenario with(ScenarioOption option, int value) {
    int least =
        switch (option) {
          case AFTER -> FINISH;
          case SIZE -> 1;
          default -> 0;
        };
    int most = option == ScenarioOption.CALLS ? MAX_TOOL_CALLS : ScenarioOption.MAX;
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          option.word + " must be " + least + " to " + most + ", not " + value);
    }
    Map<ScenarioOption, Integer> more = new EnumMap<>(ScenarioOption.class);
    more.putAll(options);
    more.put(option, value);
    return new Scenario(kind, error, text, toolCalls, more, headers);
  }

  ScenarioKind kind() {
    return kind;
  }

  /** Returns the error, or null if the kind has none. */
  ErrorResponse error() {
    return error;
  }

  /** Returns the tool calls with a name; empty for default ones. */
  List<ToolCallScript> toolCalls() {
    return toolCalls;
  }

  /** Returns the text, or null for the default one. */
  String text() {
    return text;
  }

  int option(ScenarioOption option, int byDefault) {
    return options.getOrDefault(option, byDefault);
  }

  /** Returns the position of the fault. */
  int position() {
    return option(ScenarioOption.AFTER, kind.defaultPosition);
  }

  Map<ScenarioOption, Integer> options() {
    return options;
  }

  Map<String, String> headers() {
    return headers;
  }

  /** Returns the text form, which lacks text, headers and custom bodies. */
  @Override
  public String toString() {
    return ScenarioParser.format(this);
  }
}
