package io.llmrelay.chaos;

import java.util.List;

/**
 * What must come of every fault. The columns:
 *
 * <ul>
 *   <li>the primary: a {@linkplain io.llmrelay.sandbox.Scenario scenario}, or what no scenario does
 *       (in brackets). {@code openai:} before it: in that dialect only. {@code once}: healthy from
 *       the second request on. {@code +retry}: the request allows one retry. {@code @head} and so
 *       on: the timer that ends it. {@code {slow}} is a delay that no timer minds
 *   <li>the outcome of a stream and of a whole answer, with a healthy fallback and alone:
 *       <ul>
 *         <li>{@code fallback}: its whole answer, and not a byte of the primary's
 *         <li>{@code primary}: its whole answer; {@code primary length 3}: the first 3 of its 6
 *             tokens, and that finish reason
 *         <li>{@code timeout}: a failure of that kind, and no text
 *         <li>{@code 3 + network}: 3 tokens, and then the failure
 *       </ul>
 *   <li>next: who serves a healthy request right afterwards; {@code fallback} where the primary
 *       said that it wants to be left alone, or cannot be reached at all
 * </ul>
 */
public final class FaultWall {
  private static final String TABLE =
      """
      the primary                     | stream, fallback | whole, fallback | stream, alone    | whole, alone    | next
      -- HTTP errors
      400                             | invalid_request  | invalid_request | invalid_request  | invalid_request | primary
      400-context                     | fallback         | fallback        | context_length   | context_length  | primary
      400-policy                      | content_filter   | content_filter  | content_filter   | content_filter  | primary
      401                             | fallback         | fallback        | authentication   | authentication  | fallback
      403                             | fallback         | fallback        | permission       | permission      | primary
      404                             | fallback         | fallback        | model_not_found  | model_not_found | primary
      429                             | fallback         | fallback        | rate_limited     | rate_limited    | fallback
      429-retry-after-7               | fallback         | fallback        | rate_limited     | rate_limited    | fallback
      once 429                        | fallback         | fallback        | rate_limited     | rate_limited    | fallback
      once 429-retry-after-1 +retry   | primary          | primary         | primary          | primary         | primary
      429-quota                       | fallback         | fallback        | quota_exhausted  | quota_exhausted | fallback
      500                             | fallback         | fallback        | server_error     | server_error    | primary
      once 500                        | fallback         | fallback        | server_error     | server_error    | primary
      500 +retry                      | fallback         | fallback        | server_error     | server_error    | primary
      once 500 +retry                 | primary          | primary         | primary          | primary         | primary
      502-html                        | fallback         | fallback        | server_error     | server_error    | primary
      503                             | fallback         | fallback        | overloaded       | overloaded      | primary
      503-empty                       | fallback         | fallback        | overloaded       | overloaded      | primary
      503-retry-after-7               | fallback         | fallback        | overloaded       | overloaded      | fallback
      529                             | fallback         | fallback        | overloaded       | overloaded      | primary
      redirect                        | fallback         | fallback        | server_error     | server_error    | primary
      down-for-60000                  | fallback         | fallback        | overloaded       | overloaded      | primary
      flap-for-60000                  | fallback         | fallback        | overloaded       | overloaded      | primary
      -- no answer at all
      (refused)                       | fallback         | fallback        | network          | network         | fallback
      (untrusted)                     | fallback         | fallback        | network          | network         | fallback
      (plain)                         | fallback         | fallback        | network          | network         | fallback
      (mute) @connect                 | fallback         | fallback        | timeout          | timeout         | fallback
      die                             | fallback         | fallback        | network          | network         | primary
      reset                           | fallback         | fallback        | network          | network         | primary
      stall @head                     | fallback         | fallback        | timeout          | timeout         | primary
      -- a head, and no token
      die-after-head                  | fallback         | fallback        | network          | network         | primary
      reset-after-head                | fallback         | fallback        | network          | network         | primary
      die-after-role                  | fallback         | fallback        | network          | network         | primary
      reset-after-role                | fallback         | fallback        | network          | network         | primary
      end-after-head                  | fallback         | fallback        | server_error     | server_error    | primary
      end-after-role                  | fallback         | fallback        | network          | network         | primary
      stall-after-head @first-chunk   | fallback         | fallback        | timeout          | timeout         | primary
      stall-after-role @first-chunk   | fallback         | fallback        | timeout          | timeout         | primary
      comments @first-chunk           | fallback         | fallback        | timeout          | timeout         | primary
      pings @first-chunk              | fallback         | fallback        | timeout          | timeout         | primary
      model-first-{slow} @first-chunk | primary          | primary         | primary          | primary         | primary
      -- a 200 that is no answer
      200-html                        | fallback         | fallback        | server_error     | server_error    | primary
      200-empty                       | fallback         | fallback        | server_error     | server_error    | primary
      openai: 200-error               | fallback         | fallback        | overloaded       | overloaded      | primary
      anthropic: 200-error            | fallback         | fallback        | server_error     | server_error    | primary
      sse-error                       | fallback         | fallback        | overloaded       | overloaded      | primary
      sse-error-429                   | fallback         | fallback        | rate_limited     | rate_limited    | fallback
      sse-error-after-role            | fallback         | fallback        | overloaded       | overloaded      | primary
      sse-error-done                  | fallback         | fallback        | overloaded       | overloaded      | primary
      empty                           | fallback         | fallback        | empty_answer     | empty_answer    | primary
      usage-only                      | fallback         | fallback        | network          | network         | primary
      content-filter-chunks-1         | content_filter   | content_filter  | content_filter   | content_filter  | primary
      malformed-after-role            | fallback         | fallback        | server_error     | server_error    | primary
      huge-frame-4                    | fallback         | fallback        | server_error     | server_error    | primary
      endless-frame                   | fallback         | fallback        | server_error     | server_error    | primary
      -- after three tokens
      sse-error-after-3               | 3 + overloaded   | fallback        | 3 + overloaded   | overloaded      | primary
      die-after-3                     | 3 + network      | fallback        | 3 + network      | network         | primary
      reset-after-3                   | 3 + network      | fallback        | 3 + network      | network         | primary
      end-after-3                     | 3 + network      | fallback        | 3 + network      | network         | primary
      die-in-frame-after-3            | 3 + network      | fallback        | 3 + network      | network         | primary
      reset-in-frame-after-3          | 3 + network      | fallback        | 3 + network      | network         | primary
      end-in-frame-after-3            | 3 + network      | fallback        | 3 + network      | network         | primary
      die-in-char-after-3             | 3 + network      | fallback        | 3 + network      | network         | primary
      reset-in-char-after-3           | 3 + network      | fallback        | 3 + network      | network         | primary
      end-in-char-after-3             | 3 + network      | fallback        | 3 + network      | network         | primary
      huge-frame-4-after-3            | 3 + server_error | fallback        | 3 + server_error | server_error    | primary
      endless-frame-after-3           | 3 + server_error | fallback        | 3 + server_error | server_error    | primary
      stall-after-3 @stall            | 3 + timeout      | fallback        | 3 + timeout      | timeout         | primary
      comments-after-3 @stall         | 3 + timeout      | fallback        | 3 + timeout      | timeout         | primary
      pings-after-3 @stall            | 3 + timeout      | fallback        | 3 + timeout      | timeout         | primary
      stall-after-3-for-{slow} @stall | primary          | primary         | primary          | primary         | primary
      malformed-after-3               | primary          | primary         | primary          | primary         | primary
      -- after the last token
      end                             | 6 + network      | fallback        | 6 + network      | network         | primary
      no-done                         | primary          | primary         | primary          | primary         | primary
      die-after-finish                | primary          | primary         | primary          | primary         | primary
      reset-after-finish              | primary          | primary         | primary          | primary         | primary
      stall-after-finish @stall       | primary          | primary         | primary          | primary         | primary
      comments-after-finish @stall    | primary          | primary         | primary          | primary         | primary
      length                          | primary length 3 | primary length 3 | primary length 3 | primary length 3 | primary
      length-empty                    | primary length 0 | primary length 0 | primary length 0 | primary length 0 | primary
      content-filter                  | primary content_filter 3 | primary content_filter 3 | primary content_filter 3 | primary content_filter 3 | primary
      -- odd, but sound: a terminator is the backend's word that it was done
      model                           | primary          | primary         | primary          | primary         | primary
      no-finish                       | primary          | primary         | primary          | primary         | primary
      gzip                            | primary          | primary         | primary          | primary         | primary
      wrong-type                      | primary          | primary         | primary          | primary         | primary
      splitting                       | primary          | primary         | primary          | primary         | primary
      500-splitting                   | fallback         | fallback        | server_error     | server_error    | primary
      splitting-head                  | fallback         | fallback        | network          | network         | primary
      """;

  private FaultWall() {}

  /** The rows, in order. */
  public static List<Row> rows() {
    return TABLE.lines().skip(1).filter(line -> line.contains("|")).map(Row::parse).toList();
  }

  /** The headings of the rows' columns. */
  public static List<String> columns() {
    return Row.cells(TABLE.lines().findFirst().orElseThrow());
  }
}
