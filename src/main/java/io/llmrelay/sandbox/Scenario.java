package io.llmrelay.sandbox;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * What a sandbox backend does with one request. Immutable; every scenario works in both dialects,
 * streaming or not, and gives the same bytes each time.
 *
 * <p>A scenario has a text form, so that it can be chosen by configuration ({@link
 * SandboxOptions#setScenarios}) and by model name ({@code "model": "mock-die-after-3"}):
 *
 * <pre>
 *   [mock-] kind [-after-POSITION] [-option-NUMBER]…
 * </pre>
 *
 * <table>
 * <caption>Kinds that shape a whole answer</caption>
 * <tr><td>{@code model}</td><td>a healthy answer that names the backend</td></tr>
 * <tr><td>{@code reasoning}</td><td>reasoning deltas first, then the answer</td></tr>
 * <tr><td>{@code reasoning-details}</td><td>the same; OpenAI: in {@code reasoning_details} and
 *     nowhere else</td></tr>
 * <tr><td>{@code refusal}</td><td>OpenAI: refusal deltas, finish {@code stop}; Anthropic: no text,
 *     {@code stop_reason: refusal}</td></tr>
 * <tr><td>{@code tool-call}</td><td>one call of {@code get_weather}</td></tr>
 * <tr><td>{@code length}, {@code length-empty}</td><td>ended by the token limit, with half the
 *     text or none</td></tr>
 * <tr><td>{@code content-filter}</td><td>half the text, then the filter ends it</td></tr>
 * <tr><td>{@code empty}</td><td>finish {@code stop} without any content</td></tr>
 * <tr><td>{@code usage-only}</td><td>usage, neither content nor finish reason</td></tr>
 * <tr><td>{@code no-usage}</td><td>healthy, but usage is never sent</td></tr>
 * <tr><td>{@code usage-in-choice}, {@code usage-in-x-groq}</td><td>healthy; OpenAI streams: usage
 *     stands in the choice of the last chunk or in its {@code x_groq}, and nowhere else</td></tr>
 * <tr><td>{@code numbers}</td><td>tokens that are numbers, and sent as numbers in a stream</td></tr>
 * <tr><td>{@code no-finish}</td><td>the terminator ({@code [DONE]}, {@code message_stop}) without a
 *     finish reason</td></tr>
 * <tr><td>{@code no-done}</td><td>the finish reason without the terminator</td></tr>
 * <tr><td>{@code gzip}</td><td>healthy, gzip-encoded unasked</td></tr>
 * <tr><td>{@code wrong-type}</td><td>healthy, under a wrong content type</td></tr>
 * <tr><td>{@code redirect}</td><td>307 to the backend {@code redirected}</td></tr>
 * <tr><td>{@code splitting}</td><td>healthy, but the model it names holds line breaks, a header
 *     and a whole event</td></tr>
 * <tr><td>{@code splitting-head}</td><td>healthy, under a head whose values hold bare line breaks
 *     with headers after them</td></tr>
 * <tr><td>{@code NNN}</td><td>that HTTP status (200–599) with the vendor's error body; also {@code
 *     400-context}, {@code 400-policy}, {@code 429-quota}</td></tr>
 * <tr><td>{@code 400-vllm}, {@code 400-sglang}, {@code 400-llamacpp}, {@code
 *     400-outputlimit}</td><td>a prompt that is too long, in the words of these servers and of
 *     Anthropic where prompt and {@code max_tokens} exceed the limit together</td></tr>
 * <tr><td>{@code 400-parameter}, {@code 400-streamoptions}, {@code 400-model}, {@code 400-tooluse},
 *     {@code 400-badrequest}, {@code 413-tpm}, {@code 429-tpm}, {@code 429-retrydelay}</td><td>
 *     errors of single servers: a parameter that is not supported, {@code stream_options} among
 *     them, an unknown model, a tool call that the model got wrong, vLLM's type of a bad request,
 *     a request above an account's tokens per minute (Groq's and OpenAI's), Google's retry
 *     delay</td></tr>
 * <tr><td>{@code NNN-html}, {@code NNN-empty}, {@code 200-error}</td><td>that status with a page of
 *     HTML, no body at all, a bare JSON error</td></tr>
 * <tr><td>{@code NNN-splitting}</td><td>that status with line breaks and headers in the words of
 *     the error</td></tr>
 * <tr><td>{@code down-for-MS}</td><td>503 for so long, healthy afterwards</td></tr>
 * <tr><td>{@code flap-for-MS}</td><td>503 and healthy by turns, each for so long</td></tr>
 * </table>
 *
 * <p>{@code down} and {@code flap} count from the moment the script was set, or from the start of
 * the sandbox when chosen by model name.
 *
 * <table>
 * <caption>Faults, and where they strike unless told otherwise</caption>
 * <tr><td>{@code die}</td><td>before the head</td><td>the connection ends with a FIN (but see
 *     {@link SandboxOptions#setResetOnClose})</td></tr>
 * <tr><td>{@code die-in-frame}, {@code die-in-char}</td><td>after 1</td><td>the same in the middle
 *     of the next frame, or of a three-byte character in it</td></tr>
 * <tr><td>{@code reset}, {@code reset-in-frame}, {@code reset-in-char}</td><td>as {@code
 *     die}</td><td>the same by a TCP reset; what a slow client has not received is lost</td></tr>
 * <tr><td>{@code end}</td><td>after all tokens</td><td>the answer ends cleanly as HTTP, without
 *     finish reason or terminator</td></tr>
 * <tr><td>{@code end-in-frame}, {@code end-in-char}</td><td>after 1</td><td>the same in the middle
 *     of a frame or character</td></tr>
 * <tr><td>{@code stall}</td><td>before the head</td><td>silence for ever, or for {@code -for-MS},
 *     after which the answer goes on</td></tr>
 * <tr><td>{@code sse-error[-NNN]}</td><td>after the head</td><td>an error event, then the end;
 *     "overloaded", or the error of that number or name ({@code sse-error-429-quota}). Not
 *     streaming: the HTTP error</td></tr>
 * <tr><td>{@code sse-error-done[-NNN]}</td><td>after the head</td><td>the same, and the terminator
 *     after it, as some servers do</td></tr>
 * <tr><td>{@code malformed}</td><td>after 1</td><td>a frame of broken JSON; the rest follows</td></tr>
 * <tr><td>{@code comments}, {@code pings}, {@code noise}</td><td>after head, after role, after
 *     head</td><td>SSE comments, the dialect's empty events, or data that is no payload ({@code :
 *     keepalive}, {@code ping}, {@code null}, {@code ""}) for ever, or for {@code -for-MS}, after
 *     which the answer goes on; every 20 ms unless {@code -every-MS}</td></tr>
 * <tr><td>{@code huge-frame-MB}</td><td>after 0</td><td>one frame of so many megabytes</td></tr>
 * <tr><td>{@code endless-frame}</td><td>after 0</td><td>one frame that never ends, as fast as the
 *     client reads unless {@code -every-MS} (for each 64 KB)</td></tr>
 * <tr><td>{@code flood-MB}</td><td>after 0</td><td>so many megabytes of text as fast as the
 *     client reads</td></tr>
 * </table>
 *
 * <p>POSITION of a fault: {@code head} (the response head is out), {@code comments} (and three SSE
 * comments), {@code role} (and the opening frames), the number of text chunks that go out first,
 * reasoning not counted, or {@code finish} (the finish reason and the usage are out, the terminator
 * is not). Not streaming, every position after the head is the middle of the body.
 *
 * <table>
 * <caption>Options</caption>
 * <tr><td>{@code -first-MS}</td><td>delay before the first chunk</td></tr>
 * <tr><td>{@code -every-MS}</td><td>delay between chunks</td></tr>
 * <tr><td>{@code -chunks-N}</td><td>exactly so many text chunks, the text repeated or cut</td></tr>
 * <tr><td>{@code -size-N}</td><td>so many characters a chunk instead of a word</td></tr>
 * <tr><td>{@code -reasoning-N}</td><td>up to so many reasoning chunks before the text</td></tr>
 * <tr><td>{@code -retry-after-S}</td><td>a Retry-After header on an error status</td></tr>
 * <tr><td>{@code -reset-S}</td><td>a header on an error status that says when the limit is over,
 *     without one that says what is left</td></tr>
 * </table>
 *
 * <p>A number is at most 999999. Not streaming, the delays of all chunks come before the answer.
 *
 * <p>Examples: {@code mock-model-first-2000}, {@code mock-429-retry-after-7}, {@code
 * mock-die-after-3}, {@code mock-stall-after-role}, {@code mock-stall-after-3-for-500}.
 */
public final class Scenario {

  /** How a model name begins that chooses a scenario. */
  public static final String MODEL_PREFIX = "mock-";

  static final int FINISH = -5;
  static final int BEFORE_HEAD = -4;
  static final int HEAD = -3;
  static final int COMMENTS = -2;
  static final int ROLE = -1;
  static final int ALL = Integer.MAX_VALUE;

  private static final Scenario OK = new Scenario(Kind.MODEL, null, null, Map.of(), Map.of());

  private final Kind kind;
  private final ErrorReply error;
  private final String text;
  private final Map<Option, Integer> options;
  private final Map<String, String> headers;

  private Scenario(
      Kind kind,
      ErrorReply error,
      String text,
      Map<Option, Integer> options,
      Map<String, String> headers) {
    this.kind = kind;
    this.error = error;
    this.text = text;
    this.options = options;
    this.headers = headers;
  }

  /** A healthy answer. */
  public static Scenario ok() {
    return OK;
  }

  /**
   * The scenario of that text; the table above has the grammar.
   *
   * @throws IllegalArgumentException if the text is not a scenario; the message says why, and what
   *     there is
   */
  public static Scenario of(String text) {
    return ScenarioParser.parse(text);
  }

  /**
   * An HTTP error with the vendor's own body.
   *
   * @param status 200–599
   */
  public static Scenario http(int status) {
    return of(Integer.toString(status));
  }

  /**
   * An HTTP answer of any content type and body.
   *
   * @param status 200–599
   */
  public static Scenario http(int status, String contentType, String body) {
    ApiError error = http(status).error.error();
    Objects.requireNonNull(contentType, "contentType");
    Objects.requireNonNull(body, "body");
    return of(Kind.HTTP, new ErrorReply("", error, contentType, body));
  }

  static Scenario of(Kind kind, ErrorReply error) {
    return new Scenario(kind, error, null, Map.of(), Map.of());
  }

  static Scenario rejected(ApiError error) {
    return of(Kind.HTTP, ErrorReply.of("", error));
  }

  /** A copy that answers with this text instead of the canned one. */
  public Scenario text(String text) {
    Objects.requireNonNull(text, "text");
    return new Scenario(kind, error, text, options, headers);
  }

  /** A copy with one more response header, or another value for one the sandbox sets itself. */
  public Scenario header(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Scenario(kind, error, text, options, more);
  }

  /** A copy that waits so long, in milliseconds, before the first chunk. */
  public Scenario firstDelay(int millis) {
    return with(Option.FIRST, millis);
  }

  /** A copy that waits so long, in milliseconds, between two chunks. */
  public Scenario chunkDelay(int millis) {
    return with(Option.EVERY, millis);
  }

  /** A copy that sends exactly so many text chunks; the text is repeated or cut to fit. */
  public Scenario chunks(int chunks) {
    return with(Option.CHUNKS, chunks);
  }

  /** A copy that sends so many characters (code points) a chunk instead of a word. */
  public Scenario chunkSize(int characters) {
    return with(Option.SIZE, characters);
  }

  /** A copy that does what the other one does, with the text, the options and headers of this. */
  Scenario as(Scenario other) {
    return new Scenario(other.kind, other.error, text, options, headers);
  }

  Scenario with(Option option, int value) {
    int least = option == Option.AFTER ? FINISH : option == Option.SIZE ? 1 : 0;
    if (value < least || value > Option.MAX) {
      throw new IllegalArgumentException(option.word + " must not be " + value);
    }
    Map<Option, Integer> more = new EnumMap<>(Option.class);
    more.putAll(options);
    more.put(option, value);
    return new Scenario(kind, error, text, more, headers);
  }

  Kind kind() {
    return kind;
  }

  /** Null unless the kind has one. */
  ErrorReply error() {
    return error;
  }

  /** Null for the canned text. */
  String text() {
    return text;
  }

  int option(Option option, int otherwise) {
    return options.getOrDefault(option, otherwise);
  }

  /** Where the fault strikes. */
  int position() {
    return option(Option.AFTER, kind.defaultPosition);
  }

  Map<Option, Integer> options() {
    return options;
  }

  Map<String, String> headers() {
    return headers;
  }

  /** The text form, less what it has no words for: text, headers, a body of one's own. */
  @Override
  public String toString() {
    return ScenarioParser.format(this);
  }
}
