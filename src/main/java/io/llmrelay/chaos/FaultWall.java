package io.llmrelay.chaos;

import java.util.List;

/**
 * The expected outcome of every fault. The columns:
 *
 * <ul>
 *   <li>the primary: a {@linkplain io.llmrelay.sandbox.Scenario scenario}, or an address without a
 *       sandbox (in parentheses). {@code openai,gemini:} before it: in these dialects only; {@code
 *       -gemini:} in all but these. {@code once}: healthy from the second request on. {@code warm}:
 *       the connection has served a request before. {@code +retry}: the request allows one retry.
 *       {@code +again}: the relay sends the request again without an attempt in the trail.
 *       {@code @head} and so on: the timer that ends it. {@code {slow}} is a delay within all
 *       timeouts
 *   <li>the outcome of a stream and of a whole answer, with a healthy fallback and alone:
 *       <ul>
 *         <li>{@code fallback}: its whole answer, without a byte of the primary's
 *         <li>{@code primary}: its whole answer; {@code primary length 3}: the first 3 of its 6
 *             tokens, with that finish reason
 *         <li>{@code timeout}: a failure of that kind without text
 *         <li>{@code primary numbers}: its tokens as numbers, digit for digit
 *         <li>{@code 3 + network}: 3 tokens, then the failure
 *         <li>{@code -}: not run
 *       </ul>
 *   <li>next: the backend that serves a healthy request right afterwards; {@code fallback} if the
 *       primary is in a cooldown or unreachable
 *   <li>circuit: the state of the primary's circuit if one failure opens it; {@code -}: not run,
 *       because there would be no retry
 *   <li>cooldown: the part of the primary in a cooldown, and for how many seconds, until the end of
 *       the month or until a probe succeeds
 * </ul>
 */
public final class FaultWall {
  /** The dialects of the sandbox. */
  public static final List<String> DIALECTS =
      List.of("openai", "anthropic", "gemini", "ollama", "bedrock", "cohere", "cloudflare");

  private static final String TABLE =
      """
      the primary                           | stream, fallback | whole, fallback  | stream, alone    | whole, alone     | next     | circuit | cooldown
      -- HTTP errors
      400                                   | invalid_request  | invalid_request  | invalid_request  | invalid_request  | primary  | closed  | -
      400-context                           | fallback         | fallback         | context_length   | context_length   | primary  | closed  | -
      openai,anthropic: 400-policy          | content_filter   | content_filter   | content_filter   | content_filter   | primary  | closed  | -
      gemini,ollama,bedrock,cohere,cloudflare: 400-policy | invalid_request  | invalid_request  | invalid_request  | invalid_request  | primary  | closed  | -
      401                                   | fallback         | fallback         | authentication   | authentication   | fallback | closed  | backend probe
      403                                   | fallback         | fallback         | permission       | permission       | fallback | closed  | model 30
      404                                   | fallback         | fallback         | model_not_found  | model_not_found  | primary  | closed  | -
      -ollama,cloudflare: 429               | fallback         | fallback         | rate_limited     | rate_limited     | fallback | closed  | model 10
      ollama: 429                           | fallback         | fallback         | quota_exhausted  | quota_exhausted  | fallback | closed  | backend 300
      cloudflare: 429                       | fallback         | fallback         | overloaded       | overloaded       | primary  | open    | -
      -ollama,cloudflare: 429-retry-after-7 | fallback         | fallback         | rate_limited     | rate_limited     | fallback | closed  | model 7
      -ollama,cloudflare: once 429          | fallback         | fallback         | rate_limited     | rate_limited     | fallback | closed  | model 10
      -ollama: once 429-retry-after-1 +retry | primary          | primary          | primary          | primary          | primary  | -       | -
      -ollama,cloudflare: once 429-retry-after-20 +retry | fallback         | fallback         | rate_limited     | rate_limited     | fallback | -       | model 20
      openai: 429-quota                     | fallback         | fallback         | quota_exhausted  | quota_exhausted  | fallback | closed  | backend 300
      anthropic: 429-quota                  | fallback         | fallback         | quota_exhausted  | quota_exhausted  | fallback | closed  | backend month
      500                                   | fallback         | fallback         | server_error     | server_error     | primary  | open    | -
      once 500                              | fallback         | fallback         | server_error     | server_error     | primary  | open    | -
      500 +retry                            | fallback         | fallback         | server_error     | server_error     | primary  | -       | -
      once 500 +retry                       | primary          | primary          | primary          | primary          | primary  | -       | -
      502-html                              | fallback         | fallback         | server_error     | server_error     | primary  | open    | -
      503                                   | fallback         | fallback         | overloaded       | overloaded       | primary  | open    | -
      503-empty                             | fallback         | fallback         | overloaded       | overloaded       | primary  | open    | -
      503-retry-after-7                     | fallback         | fallback         | overloaded       | overloaded       | fallback | open    | model 7
      408                                   | fallback         | fallback         | timeout          | timeout          | primary  | open    | -
      504                                   | fallback         | fallback         | timeout          | timeout          | primary  | open    | -
      529                                   | fallback         | fallback         | overloaded       | overloaded       | primary  | open    | -
      redirect                              | fallback         | fallback         | server_error     | server_error     | primary  | open    | -
      down-for-60000                        | fallback         | fallback         | overloaded       | overloaded       | primary  | open    | -
      flap-for-60000                        | fallback         | fallback         | overloaded       | overloaded       | primary  | open    | -
      -- errors of particular servers: what they concern, and for how long
      -bedrock: 402                         | fallback         | fallback         | quota_exhausted  | quota_exhausted  | fallback | closed  | backend 300
      bedrock: 402                          | fallback         | fallback         | permission       | permission       | fallback | closed  | model 30
      -ollama,cloudflare: 429-reset-7       | fallback         | fallback         | rate_limited     | rate_limited     | fallback | closed  | model 7
      openai: 429-retrydelay                | fallback         | fallback         | rate_limited     | rate_limited     | fallback | closed  | model 35
      -ollama,cloudflare: 429-retry-after-86400 | fallback         | fallback         | rate_limited     | rate_limited     | fallback | closed  | model 86400
      503-retry-after-86400                 | fallback         | fallback         | overloaded       | overloaded       | fallback | open    | model 300
      openai: 413-tpm                       | fallback         | fallback         | unsupported      | unsupported      | primary  | closed  | -
      openai: 429-tpm                       | fallback         | fallback         | unsupported      | unsupported      | primary  | closed  | -
      openai: 400-parameter                 | fallback         | fallback         | unsupported      | unsupported      | primary  | closed  | -
      openai: 400-tooluse                   | fallback         | fallback         | malformed_tool_call | malformed_tool_call | primary  | closed  | -
      openai: sse-error-400-tooluse         | fallback         | fallback         | malformed_tool_call | malformed_tool_call | primary  | closed  | -
      400-model                             | fallback         | fallback         | model_not_found  | model_not_found  | primary  | closed  | -
      openai: once 400-streamoptions +again | primary          | primary          | primary          | primary          | primary  | closed  | -
      openai: 400-streamoptions +again      | fallback         | fallback         | unsupported      | unsupported      | primary  | closed  | -
      openai: 400-vllm                      | fallback         | fallback         | context_length   | context_length   | primary  | closed  | -
      openai: 400-sglang                    | fallback         | fallback         | context_length   | context_length   | primary  | closed  | -
      openai: 400-llamacpp                  | fallback         | fallback         | context_length   | context_length   | primary  | closed  | -
      anthropic: 400-outputlimit            | fallback         | fallback         | context_length   | context_length   | primary  | closed  | -
      openai: 400-badrequest                | invalid_request  | invalid_request  | invalid_request  | invalid_request  | primary  | closed  | -
      openai: sse-error-400-badrequest      | invalid_request  | invalid_request  | invalid_request  | invalid_request  | primary  | closed  | -
      -ollama,cohere,cloudflare: sse-error-400 | invalid_request  | invalid_request  | invalid_request  | invalid_request  | primary  | closed  | -
      ollama,cohere,cloudflare: sse-error-400 | fallback         | fallback         | server_error     | server_error     | primary  | open    | -
      openai: sse-error-400-sglang          | fallback         | fallback         | context_length   | context_length   | primary  | closed  | -
      -- connections
      (busy) @queue                         | fallback         | fallback         | saturated        | saturated        | primary  | closed  | -
      warm once die +again                  | primary          | primary          | primary          | primary          | primary  | closed  | -
      warm once reset +again                | primary          | primary          | primary          | primary          | primary  | closed  | -
      warm die +again                       | fallback         | fallback         | network          | network          | primary  | open    | -
      warm once die-after-head              | fallback         | fallback         | network          | network          | primary  | open    | -
      -- no response
      (unknown)                             | fallback         | fallback         | network          | network          | fallback | open    | -
      (refused)                             | fallback         | fallback         | network          | network          | fallback | open    | -
      (untrusted)                           | fallback         | fallback         | network          | network          | fallback | open    | -
      (plain)                               | fallback         | fallback         | network          | network          | fallback | open    | -
      (mute) @connect                       | fallback         | fallback         | timeout          | timeout          | fallback | open    | -
      die                                   | fallback         | fallback         | network          | network          | primary  | open    | -
      reset                                 | fallback         | fallback         | network          | network          | primary  | open    | -
      stall @head                           | fallback         | fallback         | timeout          | timeout          | primary  | open    | -
      -- a head without tokens
      die-after-head                        | fallback         | fallback         | network          | network          | primary  | open    | -
      reset-after-head                      | fallback         | fallback         | network          | network          | primary  | open    | -
      die-after-role                        | fallback         | fallback         | network          | network          | primary  | open    | -
      reset-after-role                      | fallback         | fallback         | network          | network          | primary  | open    | -
      end-after-head                        | fallback         | fallback         | server_error     | server_error     | primary  | open    | -
      -gemini,ollama,cloudflare: end-after-role | fallback         | fallback         | network          | network          | primary  | open    | -
      gemini,ollama,cloudflare: end-after-role | fallback         | fallback         | server_error     | server_error     | primary  | open    | -
      stall-after-head @first-chunk         | fallback         | fallback         | timeout          | timeout          | primary  | open    | -
      stall-after-role @first-chunk         | fallback         | fallback         | timeout          | timeout          | primary  | open    | -
      comments @first-chunk                 | fallback         | fallback         | timeout          | timeout          | primary  | open    | -
      pings @first-chunk                    | fallback         | fallback         | timeout          | timeout          | primary  | open    | -
      noise @first-chunk                    | fallback         | fallback         | timeout          | timeout          | primary  | open    | -
      model-first-{slow} @first-chunk       | primary          | primary          | primary          | primary          | primary  | closed  | -
      -- a 200 without an answer
      200-html                              | fallback         | fallback         | server_error     | server_error     | primary  | open    | -
      200-empty                             | fallback         | fallback         | server_error     | server_error     | primary  | open    | -
      openai: 200-error                     | fallback         | fallback         | overloaded       | overloaded       | primary  | open    | -
      anthropic: 200-error                  | fallback         | fallback         | server_error     | server_error     | primary  | open    | -
      openai,anthropic,gemini: sse-error    | fallback         | fallback         | overloaded       | overloaded       | primary  | open    | -
      ollama,bedrock,cohere,cloudflare: sse-error | fallback         | fallback         | server_error     | server_error     | primary  | open    | -
      -ollama,cohere,cloudflare: sse-error-429 | fallback         | fallback         | rate_limited     | rate_limited     | fallback | closed  | model 10
      openai,anthropic,gemini: sse-error-after-role | fallback         | fallback         | overloaded       | overloaded       | primary  | open    | -
      openai,anthropic,gemini: sse-error-done | fallback         | fallback         | overloaded       | overloaded       | primary  | open    | -
      -cloudflare: empty                    | fallback         | fallback         | empty_answer     | empty_answer     | primary  | open    | -
      cloudflare: empty                     | fallback         | fallback         | network          | network          | primary  | open    | -
      usage-only                            | fallback         | fallback         | network          | network          | primary  | open    | -
      -ollama,cohere,cloudflare: content-filter-chunks-1 | content_filter   | content_filter   | content_filter   | content_filter   | primary  | closed  | -
      broken-gzip-after-role                | fallback         | fallback         | network          | network          | primary  | open    | -
      broken-chunking-after-role            | fallback         | fallback         | network          | network          | primary  | open    | -
      malformed-after-role                  | fallback         | fallback         | server_error     | server_error     | primary  | open    | -
      huge-frame-4                          | fallback         | fallback         | server_error     | server_error     | primary  | open    | -
      endless-frame                         | fallback         | fallback         | server_error     | server_error     | primary  | open    | -
      -- after three tokens
      openai,anthropic,gemini: sse-error-after-3 | 3 + overloaded   | fallback         | 3 + overloaded   | overloaded       | primary  | open    | -
      ollama,bedrock,cohere,cloudflare: sse-error-after-3 | 3 + server_error | fallback         | 3 + server_error | server_error     | primary  | open    | -
      die-after-3                           | 3 + network      | fallback         | 3 + network      | network          | primary  | open    | -
      reset-after-3                         | 3 + network      | fallback         | 3 + network      | network          | primary  | open    | -
      end-after-3                           | 3 + network      | fallback         | 3 + network      | network          | primary  | open    | -
      die-in-frame-after-3                  | 3 + network      | fallback         | 3 + network      | network          | primary  | open    | -
      reset-in-frame-after-3                | 3 + network      | fallback         | 3 + network      | network          | primary  | open    | -
      end-in-frame-after-3                  | 3 + network      | fallback         | 3 + network      | network          | primary  | open    | -
      die-in-char-after-3                   | 3 + network      | fallback         | 3 + network      | network          | primary  | open    | -
      reset-in-char-after-3                 | 3 + network      | fallback         | 3 + network      | network          | primary  | open    | -
      end-in-char-after-3                   | 3 + network      | fallback         | 3 + network      | network          | primary  | open    | -
      broken-gzip-after-3                   | 3 + network      | fallback         | 3 + network      | network          | primary  | open    | -
      broken-chunking-after-3               | 3 + network      | fallback         | 3 + network      | network          | primary  | open    | -
      huge-frame-4-after-3                  | 3 + server_error | fallback         | 3 + server_error | server_error     | primary  | open    | -
      endless-frame-after-3                 | 3 + server_error | fallback         | 3 + server_error | server_error     | primary  | open    | -
      stall-after-3 @stall                  | 3 + timeout      | fallback         | 3 + timeout      | timeout          | primary  | open    | -
      comments-after-3 @stall               | 3 + timeout      | fallback         | 3 + timeout      | timeout          | primary  | open    | -
      pings-after-3 @stall                  | 3 + timeout      | fallback         | 3 + timeout      | timeout          | primary  | open    | -
      noise-after-3 @stall                  | 3 + timeout      | fallback         | 3 + timeout      | timeout          | primary  | open    | -
      stall-after-3-for-{slow} @stall       | primary          | primary          | primary          | primary          | primary  | closed  | -
      malformed-after-3                     | primary          | primary          | primary          | primary          | primary  | closed  | -
      -- after the last token
      end                                   | 6 + network      | fallback         | 6 + network      | network          | primary  | open    | -
      -cloudflare: no-done                  | primary          | primary          | primary          | primary          | primary  | closed  | -
      cloudflare: no-done                   | 6 + network      | fallback         | 6 + network      | network          | primary  | open    | -
      -gemini,cloudflare: die-after-finish  | primary          | primary          | primary          | primary          | primary  | closed  | -
      gemini,cloudflare: die-after-finish   | 6 + network      | fallback         | 6 + network      | network          | primary  | open    | -
      -gemini,cloudflare: reset-after-finish | primary          | primary          | primary          | primary          | primary  | closed  | -
      -gemini,cloudflare: stall-after-finish @stall | primary          | primary          | primary          | primary          | primary  | closed  | -
      gemini,cloudflare: stall-after-finish @stall | 6 + timeout      | fallback         | 6 + timeout      | timeout          | primary  | open    | -
      -gemini,cloudflare: comments-after-finish @stall | primary          | primary          | primary          | primary          | primary  | closed  | -
      -cloudflare: length                   | primary length 3 | primary length 3 | primary length 3 | primary length 3 | primary  | closed  | -
      -cloudflare: length-empty             | primary length 0 | primary length 0 | primary length 0 | primary length 0 | primary  | closed  | -
      -ollama,cohere,cloudflare: content-filter | primary content_filter 3 | primary content_filter 3 | primary content_filter 3 | primary content_filter 3 | primary  | closed  | -
      -- unusual but valid: an end marker confirms that the backend was done
      model                                 | primary          | primary          | primary          | primary          | primary  | closed  | -
      openai,anthropic,cloudflare: no-finish | primary          | primary          | primary          | primary          | primary  | closed  | -
      gemini,ollama,bedrock,cohere: no-finish | 6 + network      | fallback         | 6 + network      | network          | primary  | open    | -
      gzip                                  | primary          | primary          | primary          | primary          | primary  | closed  | -
      wrong-type                            | primary          | primary          | primary          | primary          | primary  | closed  | -
      repeated                              | primary          | primary          | primary          | primary          | primary  | closed  | -
      early-finish                          | primary          | primary          | primary          | primary          | primary  | closed  | -
      drip                                  | primary          | primary          | primary          | primary          | primary  | closed  | -
      trailing                              | primary          | primary          | primary          | primary          | primary  | closed  | -
      model-every-100                       | primary          | primary          | primary          | primary          | primary  | closed  | -
      splitting                             | primary          | primary          | primary          | primary          | primary  | closed  | -
      500-splitting                         | fallback         | fallback         | server_error     | server_error     | primary  | open    | -
      splitting-head                        | fallback         | fallback         | network          | network          | primary  | open    | -
      noise-for-100                         | primary          | primary          | primary          | primary          | primary  | closed  | -
      noise-after-3-for-100                 | primary          | primary          | primary          | primary          | primary  | closed  | -
      -gemini,cloudflare: noise-after-finish @stall | primary          | primary          | primary          | primary          | primary  | closed  | -
      numbers                               | primary numbers  | primary numbers  | primary numbers  | primary numbers  | primary  | closed  | -
      -cloudflare: reasoning                | primary          | primary          | primary          | primary          | primary  | closed  | -
      openai: reasoning-details             | primary          | primary          | primary          | primary          | primary  | closed  | -
      openai: usage-in-choice               | primary          | primary          | primary          | primary          | primary  | closed  | -
      openai: usage-in-x-groq               | primary          | primary          | primary          | primary          | primary  | closed  | -
      """;

  private FaultWall() {}

  /** Returns the rows in order. */
  public static List<Row> rows() {
    return TABLE.lines().skip(1).filter(line -> line.contains("|")).map(Row::parse).toList();
  }

  /** Returns the headings of the columns. */
  public static List<String> columns() {
    return Row.cells(TABLE.lines().findFirst().orElseThrow());
  }
}
