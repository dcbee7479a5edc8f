package io.llmrelay.provider.openai;

import static io.llmrelay.chat.RequestFeature.AUDIO;
import static io.llmrelay.chat.RequestFeature.DOCUMENTS;
import static io.llmrelay.chat.RequestFeature.IMAGES;
import static io.llmrelay.chat.RequestFeature.IMAGE_ANSWERS;
import static io.llmrelay.chat.RequestFeature.JSON_SCHEMA;
import static io.llmrelay.chat.RequestFeature.OTHER_PARTS;
import static io.llmrelay.chat.RequestFeature.WEB_SEARCH;
import static io.llmrelay.chat.Setting.FREQUENCY_PENALTY;
import static io.llmrelay.chat.Setting.LOGIT_BIAS;
import static io.llmrelay.chat.Setting.LOGPROBS;
import static io.llmrelay.chat.Setting.MIN_P;
import static io.llmrelay.chat.Setting.PARALLEL_TOOL_CALLS;
import static io.llmrelay.chat.Setting.PREDICTION;
import static io.llmrelay.chat.Setting.PRESENCE_PENALTY;
import static io.llmrelay.chat.Setting.PROMPT_CACHE_KEY;
import static io.llmrelay.chat.Setting.PROMPT_CACHE_RETENTION;
import static io.llmrelay.chat.Setting.SAFETY_IDENTIFIER;
import static io.llmrelay.chat.Setting.SERVICE_TIER;
import static io.llmrelay.chat.Setting.STORE;
import static io.llmrelay.chat.Setting.TOP_K;
import static io.llmrelay.chat.Setting.TOP_LOGPROBS;
import static io.llmrelay.chat.Setting.VERBOSITY;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.RequestFeature;
import io.llmrelay.chat.Setting;
import io.llmrelay.config.BackendOptions;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The request fields that a server of this dialect accepts. A server without an entry in the table
 * receives requests unchanged.
 *
 * @param history the field for the reasoning of earlier answers
 * @param effort the field for how much to reason
 * @param quirks what it refuses, or understands otherwise
 * @param refused the settings that it refuses
 * @param lacking what changes the meaning of a request and it does not support
 */
record RequestTraits(
    History history,
    Effort effort,
    Set<Quirk> quirks,
    Set<Setting> refused,
    Set<RequestFeature> lacking) {

  /** The field in which the reasoning of earlier answers is sent. */
  enum History {
    /** In the field in which it was received. */
    AS_RECEIVED,
    /** Not sent: the server rejects or ignores it. */
    NONE,
    /** In {@code reasoning_content}. */
    REASONING_CONTENT,
    /** In {@code reasoning_content}, which messages with tool calls must have, even if empty. */
    REASONING_CONTENT_WITH_CALLS,
    /** In {@code reasoning}. */
    REASONING,
    /** In {@code reasoning_details}, unchanged, and {@code reasoning}. */
    REASONING_DETAILS
  }

  /** The field in which the requested reasoning effort is sent. */
  enum Effort {
    /** In the fields in which it was received. */
    AS_RECEIVED,
    /** As {@code reasoning_effort}. */
    REASONING_EFFORT,
    /** As {@code reasoning_effort}, which is {@code high} or {@code none}. */
    HIGH_OR_NONE,
    /** As {@code thinking}, which is enabled or disabled, and {@code reasoning_effort}. */
    THINKING_TYPE,
    /** As the object {@code reasoning}. */
    REASONING
  }

  /** A difference from OpenAI's API and its common extensions. */
  enum Quirk {
    /** Repeats the beginning of the answer that it was given. */
    REPEATS_PREFIX,
    /** Rejects unknown fields of messages. */
    CLOSED_MESSAGES,
    /** Rejects {@code name} in messages. */
    NO_NAME,
    /** Does not know the role {@code developer}. */
    NO_DEVELOPER,
    /** Does not know {@code refusal}, {@code annotations} and the like in messages. */
    NO_ANSWER_FIELDS,
    /** Rejects {@code cache_control}. */
    NO_CACHE_CONTROL,
    /** Rejects {@code extra_content} of tool calls. */
    NO_EXTRA_CONTENT,
    /** Accepts only text in results of tools. */
    TEXT_RESULTS,
    /** Requires the signature of a tool call, or a documented placeholder. */
    SIGNED_CALLS,
    /** Requires ids of tool calls to be nine letters and digits. */
    SHORT_CALL_IDS,
    /**
     * Requires a message of the assistant between the result of a tool and a message of the user.
     */
    ASSISTANT_AFTER_TOOL,
    /** Continues a last message of the assistant that has {@code "prefix": true}. */
    PREFIX_MESSAGES,
    /**
     * Continues a last message of the assistant if the request has {@code "continue_final_message":
     * true}, and not {@code add_generation_prompt}.
     */
    CONTINUE_FINAL_MESSAGE,
    /** Continues a last message of the assistant. */
    CONTINUES_LAST_MESSAGE,
    /** Represents audio as a string, and documents as {@code document_url}. */
    PLAIN_MEDIA,
    /** Does not know {@code allowed_tools}. */
    NO_ALLOWED_TOOLS,
    /** Names the tool choice {@code required} {@code any}. */
    CHOICE_ANY,
    /** Requires {@code parameters} of functions. */
    REQUIRES_PARAMETERS,
    /** Rejects {@code user}. */
    NO_USER,
    /** Accepts temperatures up to 1.5. */
    LOW_TEMPERATURE,
    /** Refuses {@code response_format} together with tools. */
    FORMAT_OR_TOOLS
  }

  private static final Pattern OLD_GEMINI = Pattern.compile("(models/)?gemini-[12](\\D.*)?");

  private static final RequestTraits DEFAULT =
      new RequestTraits(
          History.AS_RECEIVED,
          Effort.AS_RECEIVED,
          EnumSet.noneOf(Quirk.class),
          EnumSet.noneOf(Setting.class),
          EnumSet.noneOf(RequestFeature.class));

  /**
   * The quirks of servers that reject unknown fields, which include extensions of other servers.
   */
  private static final Set<Quirk> STRICT =
      EnumSet.of(
          Quirk.CLOSED_MESSAGES,
          Quirk.NO_CACHE_CONTROL,
          Quirk.NO_EXTRA_CONTENT,
          Quirk.TEXT_RESULTS);

  private static final Set<Setting> SAMPLING = EnumSet.of(TOP_K, MIN_P);

  /** The settings that only OpenAI's own service has. */
  private static final Set<Setting> SERVICE =
      EnumSet.of(VERBOSITY, STORE, PROMPT_CACHE_RETENTION, SAFETY_IDENTIFIER);

  private static final RequestTraits OPENAI =
      DEFAULT
          .history(History.NONE)
          .effort(Effort.REASONING_EFFORT)
          .with(STRICT)
          .refuses(SAMPLING)
          .lacks(IMAGE_ANSWERS);

  private static final Map<String, RequestTraits> BY_PROVIDER =
      Map.ofEntries(
          Map.entry("openai", OPENAI),
          Map.entry("azure", OPENAI),
          Map.entry(
              "groq",
              OPENAI
                  .with(
                      Quirk.NO_NAME,
                      Quirk.NO_ANSWER_FIELDS,
                      Quirk.NO_DEVELOPER,
                      Quirk.NO_ALLOWED_TOOLS,
                      Quirk.FORMAT_OR_TOOLS)
                  .refuses(SERVICE)
                  .refuses(LOGPROBS, TOP_LOGPROBS, LOGIT_BIAS, PROMPT_CACHE_KEY, PREDICTION)
                  .lacks(WEB_SEARCH, IMAGE_ANSWERS)),
          Map.entry(
              "cerebras",
              OPENAI
                  .history(History.REASONING)
                  .with(Quirk.NO_ANSWER_FIELDS, Quirk.NO_DEVELOPER, Quirk.NO_ALLOWED_TOOLS)
                  .refuses(SERVICE)
                  .refuses(FREQUENCY_PENALTY, PRESENCE_PENALTY, LOGIT_BIAS, PROMPT_CACHE_KEY)
                  .lacks(WEB_SEARCH, IMAGE_ANSWERS)),
          Map.entry(
              "mistral",
              OPENAI
                  .effort(Effort.HIGH_OR_NONE)
                  .without(Quirk.TEXT_RESULTS)
                  .with(
                      Quirk.NO_NAME,
                      Quirk.NO_ANSWER_FIELDS,
                      Quirk.NO_DEVELOPER,
                      Quirk.NO_ALLOWED_TOOLS)
                  .with(
                      Quirk.SHORT_CALL_IDS,
                      Quirk.ASSISTANT_AFTER_TOOL,
                      Quirk.PREFIX_MESSAGES,
                      Quirk.REPEATS_PREFIX)
                  .with(
                      Quirk.PLAIN_MEDIA,
                      Quirk.CHOICE_ANY,
                      Quirk.REQUIRES_PARAMETERS,
                      Quirk.NO_USER,
                      Quirk.LOW_TEMPERATURE)
                  .refuses(SERVICE)
                  .refuses(LOGPROBS, TOP_LOGPROBS, LOGIT_BIAS, SERVICE_TIER)
                  .lacks(WEB_SEARCH, IMAGE_ANSWERS)),
          Map.entry(
              "gemini",
              OPENAI
                  .without(Quirk.NO_EXTRA_CONTENT)
                  .with(Quirk.NO_ANSWER_FIELDS, Quirk.NO_DEVELOPER, Quirk.NO_ALLOWED_TOOLS)
                  .with(Quirk.SIGNED_CALLS, Quirk.FORMAT_OR_TOOLS)
                  .refuses(SERVICE)
                  .refuses(FREQUENCY_PENALTY, PRESENCE_PENALTY, LOGIT_BIAS, PARALLEL_TOOL_CALLS)
                  .refuses(PROMPT_CACHE_KEY, PREDICTION)
                  .lacks(WEB_SEARCH)),
          Map.entry(
              "deepseek",
              DEFAULT
                  .history(History.REASONING_CONTENT_WITH_CALLS)
                  .effort(Effort.THINKING_TYPE)
                  .with(Quirk.NO_DEVELOPER, Quirk.NO_ALLOWED_TOOLS)
                  .lacks(JSON_SCHEMA, IMAGES, AUDIO, DOCUMENTS, OTHER_PARTS, IMAGE_ANSWERS)),
          Map.entry(
              "xai",
              DEFAULT
                  .history(History.REASONING_CONTENT)
                  .effort(Effort.REASONING_EFFORT)
                  .with(Quirk.NO_ALLOWED_TOOLS)),
          Map.entry("vllm", DEFAULT.with(Quirk.CONTINUE_FINAL_MESSAGE)),
          Map.entry("llamacpp", DEFAULT.with(Quirk.CONTINUES_LAST_MESSAGE)),
          Map.entry(
              "openrouter", DEFAULT.history(History.REASONING_DETAILS).effort(Effort.REASONING)));

  /** Returns the traits of a provider, or the defaults if it is unknown or {@code null}. */
  static RequestTraits of(String provider) {
    return provider == null ? DEFAULT : BY_PROVIDER.getOrDefault(provider, DEFAULT);
  }

  /** Returns the traits of a backend. */
  static RequestTraits of(BackendOptions options) {
    RequestTraits traits = of(options.getProvider());
    // DeepSeek has it below one path only: api-docs.deepseek.com, "Chat Prefix Completion".
    boolean beta =
        "deepseek".equals(options.getProvider())
            && options.getBaseUrl() != null
            && options.getBaseUrl().endsWith("/beta");
    return beta ? traits.with(Quirk.PREFIX_MESSAGES) : traits;
  }

  /** Returns whether the server's answer is what follows a last message of the assistant. */
  boolean continuesMessages() {
    return (has(Quirk.PREFIX_MESSAGES) && !has(Quirk.REPEATS_PREFIX))
        || has(Quirk.CONTINUE_FINAL_MESSAGE)
        || has(Quirk.CONTINUES_LAST_MESSAGE);
  }

  /** Returns why the server cannot serve a request, which names a model; {@code null} if it can. */
  String problem(ChatRequest request) {
    for (RequestFeature feature : request.features()) {
      if (lacking.contains(feature)) {
        return feature + " is not supported by this server";
      }
    }
    boolean exclusive =
        has(Quirk.FORMAT_OR_TOOLS) && (!has(Quirk.SIGNED_CALLS) || isOldGemini(request.model()));
    return exclusive && request.wantsFormat() && !request.tools().isEmpty()
        ? "response_format is not supported together with tools"
        : null;
  }

  /** Returns whether calls of this model of Gemini are not signed, as those before Gemini 3. */
  static boolean isOldGemini(String model) {
    return model != null && OLD_GEMINI.matcher(model).matches();
  }

  boolean has(Quirk quirk) {
    return quirks.contains(quirk);
  }

  private RequestTraits history(History field) {
    return new RequestTraits(field, effort, quirks, refused, lacking);
  }

  private RequestTraits effort(Effort field) {
    return new RequestTraits(history, field, quirks, refused, lacking);
  }

  private RequestTraits with(Quirk... more) {
    return with(Arrays.asList(more));
  }

  private RequestTraits with(Collection<Quirk> more) {
    Set<Quirk> all = EnumSet.copyOf(more);
    all.addAll(quirks);
    return new RequestTraits(history, effort, all, refused, lacking);
  }

  private RequestTraits without(Quirk quirk) {
    Set<Quirk> rest = EnumSet.copyOf(quirks);
    rest.remove(quirk);
    return new RequestTraits(history, effort, rest, refused, lacking);
  }

  private RequestTraits refuses(Setting... settings) {
    return refuses(Arrays.asList(settings));
  }

  private RequestTraits refuses(Collection<Setting> settings) {
    Set<Setting> all = EnumSet.copyOf(settings);
    all.addAll(refused);
    return new RequestTraits(history, effort, quirks, all, lacking);
  }

  private RequestTraits lacks(RequestFeature... features) {
    return new RequestTraits(history, effort, quirks, refused, Set.of(features));
  }
}
