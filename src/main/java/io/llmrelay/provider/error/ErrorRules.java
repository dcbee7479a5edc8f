package io.llmrelay.provider.error;

import static io.llmrelay.chat.FailureKind.AUTHENTICATION;
import static io.llmrelay.chat.FailureKind.CONTENT_FILTER;
import static io.llmrelay.chat.FailureKind.CONTEXT_LENGTH;
import static io.llmrelay.chat.FailureKind.INVALID_REQUEST;
import static io.llmrelay.chat.FailureKind.MALFORMED_TOOL_CALL;
import static io.llmrelay.chat.FailureKind.MODEL_NOT_FOUND;
import static io.llmrelay.chat.FailureKind.OVERLOADED;
import static io.llmrelay.chat.FailureKind.PERMISSION;
import static io.llmrelay.chat.FailureKind.QUOTA_EXHAUSTED;
import static io.llmrelay.chat.FailureKind.RATE_LIMITED;
import static io.llmrelay.chat.FailureKind.SERVER_ERROR;
import static io.llmrelay.chat.FailureKind.TIMEOUT;
import static io.llmrelay.chat.FailureKind.UNSUPPORTED;

import io.llmrelay.chat.FailureKind;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The rules that determine the kind of an error. The first rule that matches decides: first phrases
 * and names that are more specific than the status, then unambiguous names, then the status.
 *
 * <p>A status alone is often misleading: a bad key is 400 at Gemini and xAI, spent credit 400 at
 * Anthropic and 403 at xAI, an unknown model 400 at DeepSeek, Mistral and Cloudflare, a broken
 * backend 400 at NVIDIA, missing capacity 429 at Cloudflare and Mistral, spent quota 429 at OpenAI,
 * a request that an account will never be allowed 413 at Groq, 429 at OpenAI and 402 at OpenRouter.
 * Single words are as well: "token", "quota" and "limit" occur in nearly every message. Phrases
 * match regardless of case, names regardless of case, underscores, hyphens and spaces.
 *
 * <p>Rules for kinds that count against a backend or its key search the redacted text only: some
 * servers quote the request, and no prompt must be able to make a backend unavailable.
 */
final class ErrorRules {

  /** The time at which a spent quota is renewed if the provider does not say. */
  enum Renewal {
    NONE,
    DAY_UTC,
    DAY_PACIFIC,
    MONTH_UTC
  }

  /** The kind of an error, and the calendar of a quota that it names. */
  record Verdict(FailureKind kind, Renewal renewal) {}

  /** A rule; every component that is not {@code null} must match. */
  private record Rule(
      FailureKind kind,
      Renewal renewal,
      String provider,
      Set<Integer> statuses,
      Pattern name,
      Pattern phrase) {

    Rule from(String provider) {
      return new Rule(kind, renewal, provider, statuses, name, phrase);
    }

    /** Matches one of these statuses; 0 is an error within a stream without a status. */
    Rule status(Integer... statuses) {
      return new Rule(kind, renewal, provider, Set.of(statuses), name, phrase);
    }

    /** Matches one of these names as a whole, regardless of spelling. */
    Rule named(String... names) {
      Pattern name = Pattern.compile(String.join("|", names).replace("_", ""));
      return new Rule(kind, renewal, provider, statuses, name, phrase);
    }

    /** Matches one of these phrases anywhere in the text. */
    Rule says(String... phrases) {
      return says(Pattern.compile(String.join("|", phrases), Pattern.CASE_INSENSITIVE));
    }

    Rule says(Pattern phrase) {
      return new Rule(kind, renewal, provider, statuses, name, phrase);
    }

    Rule renewed(Renewal renewal) {
      return new Rule(kind, renewal, provider, statuses, name, phrase);
    }

    boolean matches(String provider, int status, ErrorBody error, String redacted) {
      String text = NEUTRAL.contains(kind) ? error.text() : redacted;
      return (this.provider == null || this.provider.equals(provider))
          && (statuses == null || statuses.contains(status))
          && (name == null || error.names().stream().anyMatch(n -> name.matcher(n).matches()))
          && (phrase == null || phrase.matcher(text).find());
    }
  }

  /** Kinds that do not count against a backend. */
  private static final Set<FailureKind> NEUTRAL =
      EnumSet.of(INVALID_REQUEST, CONTENT_FILTER, CONTEXT_LENGTH, MODEL_NOT_FOUND, UNSUPPORTED);

  private static Rule is(FailureKind kind) {
    return new Rule(kind, Renewal.NONE, null, null, null, null);
  }

  private static final List<Rule> RULES =
      List.of(
          // Content, budget and keys, as aggregators and vendors name them.
          is(CONTENT_FILTER)
              .named(
                  "content_filter",
                  "content_policy_violation",
                  "responsibleaipolicyviolation",
                  "data_inspection_failed",
                  "invalid_prompt",
                  "bio_policy",
                  "refusal",
                  "metadata\\.(reasons|patterns|flagged_input)"),
          is(CONTENT_FILTER).says("blocked by content filtering"),

          // A request too large for the tier of an account, in any wording.
          is(UNSUPPORTED)
              .status(0, 400, 413, 429)
              .says(
                  "request (body )?too large for",
                  "request too large.{0,200}(per min|per day|\\(TP[MD]\\))"),
          is(UNSUPPORTED).status(413).says("tokens per (min|day)", "\\bTP[MD]\\b"),
          is(UNSUPPORTED).status(413).named("rate_limit_exceeded"),
          is(UNSUPPORTED).named("tokens_limit_reached"),
          is(UNSUPPORTED)
              .status(0, 402)
              .says("can only afford [1-9]", "prompt tokens limit exceeded"),
          is(RATE_LIMITED).named("in_flight_budget_exhausted"),
          is(RATE_LIMITED).from("openrouter").status(402).named("header\\.retryafter"),
          is(QUOTA_EXHAUSTED).named("enforced_spend_limit_reached").renewed(Renewal.MONTH_UTC),
          is(QUOTA_EXHAUSTED).says("daily free allocation").renewed(Renewal.DAY_UTC),
          is(QUOTA_EXHAUSTED).from("cloudflare").named("3036|4006").renewed(Renewal.DAY_UTC),
          is(QUOTA_EXHAUSTED).named(".*perday.*").renewed(Renewal.DAY_PACIFIC),
          is(QUOTA_EXHAUSTED)
              .named(
                  "insufficient_(quota|balance|credits?)",
                  "credit_balance_exhausted",
                  ".*_spend_limit_exceeded",
                  ".*_usage_limit_exceeded",
                  "billing_error",
                  "arrearage",
                  "payment_required(_error)?",
                  "servicequotaexceededexception"),
          is(QUOTA_EXHAUSTED).status(0, 402, 403).named("metadata\\.limit_source"),
          is(QUOTA_EXHAUSTED)
              .says(
                  "credit balance is too low",
                  "reached your .{0,60}usage limit",
                  "insufficient balance",
                  "prepayment credits are depleted",
                  "used all available credits",
                  "run out of credits",
                  "reached its monthly spending limit",
                  "too many tokens per day"),
          // Billing concerns the operator, not the caller.
          is(QUOTA_EXHAUSTED).named("billing_not_active"),
          is(QUOTA_EXHAUSTED)
              .status(0, 400, 404, 422)
              .says("billing (details|is|has)", "(valid|add a|your) payment method"),
          is(PERMISSION).named("(account|organization)_(deactivated|suspended|disabled)"),
          is(PERMISSION)
              .status(0, 400, 404, 422)
              .says(
                  "(account|organi[sz]ation|workspace|project) .{0,40}(not active|inactive"
                      + "|deactivated|suspended|disabled|restricted)"),
          is(AUTHENTICATION).named("api_key_invalid"),
          is(AUTHENTICATION)
              .status(0, 400)
              .says("(incorrect|invalid) api key", "api key (not valid|expired)"),

          // A prompt too long, before the rate limits that some vendors report it as.
          is(CONTEXT_LENGTH)
              .named(
                  "context_(length|window)_exceeded(_error)?",
                  "model_context_window_exceeded",
                  "model_max_prompt_tokens_exceeded",
                  "(max_)?tokens?_limit_exceeded",
                  "string_too_long",
                  "(prompt|input)_too_long",
                  "exceed_context_size_error",
                  "too_many_tokens",
                  "request_too_large",
                  "payload_too_large"),
          is(CONTEXT_LENGTH).status(0, 413, 429).says("request too large"),
          is(CONTEXT_LENGTH).status(0, 400, 413, 422, 500).says(ContextPhrases.ANY),

          // Capacity and models with a misleading status.
          is(OVERLOADED)
              .says(
                  "degraded function cannot be invoked",
                  "capacity temporarily exceeded",
                  "service tier capacity exceeded",
                  "maximum pending requests"),
          is(OVERLOADED).from("cloudflare").named("3040"),
          is(OVERLOADED).from("mistral").named("3505"),
          is(MODEL_NOT_FOUND)
              .status(0, 400, 404, 422)
              .says(
                  "supported api model names are",
                  "not a valid model",
                  "model identifier is invalid",
                  "(no such|unknown|invalid) model\\b",
                  "no endpoints found",
                  "requested model is not supported",
                  "\\bmodel\\b.{0,120}(not found|not exist)",
                  "\\bmodel\\b.{0,120}(has been|was|is) (decommissioned|retired|shut down)"),
          is(MODEL_NOT_FOUND).from("cloudflare").named("5007|3042"),
          is(MODEL_NOT_FOUND).from("mistral").named("1500"),

          // Accounts without permission, before features that a model does not support.
          is(PERMISSION).named("failed_precondition", "unsupported_country_region_territory"),
          is(MALFORMED_TOOL_CALL).named("tool_use_failed", "malformed_tool_use"),
          // Features that this backend, model or account lacks and another may have.
          is(UNSUPPORTED)
              .named(
                  "(unsupported|unknown|unrecognized)_(parameter|param|params|argument|field|value)",
                  "unsupported_params_error",
                  "unsupported_(feature|operation|content_type)",
                  "(parameter|argument|field|feature)_not_supported",
                  "not_supported(_error)?",
                  "extra_forbidden",
                  // Reasoning of another account.
                  "invalid_encrypted_content",
                  // Invalid JSON of the model.
                  "json_validate_failed",
                  "output_parse_failed"),
          is(UNSUPPORTED)
              .status(0, 400, 403, 404, 422)
              .says(
                  "not available (for|to|on|in|with|under) (this|your) (api key|account"
                      + "|organi[sz]ation|project|plan|tier|team|subscription|region|country)",
                  "must be verified to "),
          is(UNSUPPORTED)
              .status(0, 400, 422, 501)
              .says(
                  "\\bunsupported\\b",
                  "(not|n't|only) (be |yet |currently )?support",
                  "extra inputs are not permitted",
                  "(unknown|unrecognized|unexpected) (request )?(parameter|argument|field|name)\\b",
                  "cannot find field",
                  "not enabled (for|on|in)",
                  "not allowed (for|with|in) this model",
                  "deprecated for this model",
                  "requires --enable-",
                  "not a multimodal model",
                  "missing an? (`?thought_signature|thought signature)",
                  "at most 0 (image|video|audio)",
                  "type is unavailable",
                  "(cannot|can't) be (combined|used) with",
                  "cannot both be specified",
                  "may only be set to .{1,20} when",
                  "must be set to .{1,20} for (non-)?streaming",
                  "roles must alternate",
                  "only user and assistant roles",
                  "expected last role"),
          is(QUOTA_EXHAUSTED).from("cerebras").says("per day\\b"),
          is(QUOTA_EXHAUSTED).from("cohere").says("calls / month"),

          // Statuses and numbers with a meaning specific to a vendor.
          is(AUTHENTICATION).from("nvidia").status(403),
          is(AUTHENTICATION).from("cloudflare").named("10000"),
          is(AUTHENTICATION)
              .status(403)
              .says(
                  "(security|bearer) token .{0,40}(invalid|expired)",
                  "signature (expired|we calculated does not match)",
                  "make sure your api key is valid"),
          is(PERMISSION).from("cloudflare").named("5018|5016|3023|3041"),
          is(TIMEOUT).from("cloudflare").named("3007|3008"),
          is(CONTEXT_LENGTH).from("cloudflare").named("3006"),
          is(RATE_LIMITED).from("mistral").named("1300"),

          // Unambiguous names, regardless of the status.
          is(OVERLOADED)
              .named(
                  "overloaded(_error)?",
                  "server_is_overloaded",
                  "slow_down",
                  "queue_exceeded",
                  "service_tier_capacity_exceeded",
                  "service_unavailable(_error|exception)?",
                  "unavailable(_error)?",
                  "provider_overloaded",
                  "modelnotreadyexception"),
          is(RATE_LIMITED)
              .named(
                  "rate_limit(ed|_exceeded|_error|_reached)",
                  "(request|token)_quota_exceeded",
                  "too_many_requests(_error|exception)?",
                  "throttling(_error|exception|\\..*)?"),
          is(AUTHENTICATION)
              .named(
                  "invalid_api_key",
                  "authentication(_error)?",
                  "unauthenticated",
                  "unrecognizedclientexception",
                  "expiredtoken(exception)?",
                  "(invalid|incomplete)signature(exception)?",
                  "missingauthenticationtoken(exception)?"),
          is(PERMISSION).named("permission_(error|denied)", "accessdenied(exception|\\..*)?"),
          is(MODEL_NOT_FOUND)
              .named(
                  "model_not_(found|supported|available|exist)",
                  "(invalid|unknown|unsupported)_model",
                  "model_decommissioned",
                  "deploymentnotfound",
                  "not_found(_error)?",
                  "resourcenotfoundexception"),
          is(TIMEOUT).named("timeout(_error)?", "deadline_exceeded", "modeltimeoutexception"),
          // Statuses more specific than a server error.
          is(TIMEOUT).status(408, 504),
          is(OVERLOADED).status(202, 498, 503, 529),
          is(SERVER_ERROR)
              .named(
                  "server(_error)?",
                  "internal(_server_error)?",
                  "provider_unavailable",
                  "internalserverexception",
                  "model(stream)?errorexception"),

          // The status.
          is(INVALID_REQUEST).status(400, 422),
          is(AUTHENTICATION).status(401),
          is(QUOTA_EXHAUSTED).status(402),
          is(PERMISSION).status(403, 451),
          is(MODEL_NOT_FOUND).status(404, 410),
          is(CONTEXT_LENGTH).status(413),
          is(RATE_LIMITED).status(429),

          // Unspecific names, if there is no status.
          is(INVALID_REQUEST)
              .status(0)
              .named(
                  "(invalid|bad)_request(_error|exception)?",
                  "invalid_(argument|parameter|params?|value|input)s?(_error|exception)?",
                  "client_specified_an_invalid_argument",
                  "unprocessable(_entity)?(_error)?",
                  "(request_)?validation(_error|exception)?",
                  "value_error",
                  "out_of_range"),
          is(RATE_LIMITED).status(0).named("resource_exhausted"),
          is(SERVER_ERROR));

  private ErrorRules() {}

  /**
   * Determines the kind of an error.
   *
   * @param provider the provider it comes from, or {@code null}
   * @param status the HTTP status, or the one that the error names, or 0
   * @param redacted the text of the error without quotations of the prompt
   */
  static Verdict verdict(String provider, int status, ErrorBody error, String redacted) {
    return RULES.stream()
        .filter(rule -> rule.matches(provider, status, error, redacted))
        .map(rule -> new Verdict(rule.kind, rule.renewal))
        .findFirst()
        .orElseThrow();
  }
}
