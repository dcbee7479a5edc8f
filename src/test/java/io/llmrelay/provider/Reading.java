package io.llmrelay.provider;

import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.error.ErrorClassifier;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.EnumMap;
import java.util.Map;

/** A body as it is read in a dialect: what comes of it, without HTTP around. */
public final class Reading {
  public static final Instant NOW = Instant.parse("2026-01-20T09:49:00Z");

  private final Answer answer;
  private final AnswerDecoder decoder;
  private final Map<BlockKind, Buffer> texts = new EnumMap<>(BlockKind.class);
  private final Blocks blocks = new Blocks();

  public Reading(String dialect) {
    this(dialect, null);
  }

  /** A body of a known provider's server. */
  public Reading(String dialect, String provider) {
    BackendOptions options = Rig.options(dialect, provider).setBaseUrl("http://localhost/v1");
    answer = new Answer(errors(options));
    decoder = new AnswerDecoder(Dialects.of(dialect).reader(answer, options), answer);
  }

  private static ErrorClassifier errors(BackendOptions options) {
    return new ErrorClassifier(options, Clock.fixed(NOW, ZoneOffset.UTC));
  }

  /** What an answer that is no success means. */
  public static Failure error(
      String dialect, int status, Map<String, String> headers, String body) {
    MultiMap all = HttpHeaders.headers().addAll(headers);
    return errors(Rig.options(dialect, null)).http(status, all, Buffer.buffer(body));
  }

  /** A whole body. */
  public static Reading of(String dialect, String body) {
    return of(dialect, Buffer.buffer(body));
  }

  public static Reading of(String dialect, Buffer body) {
    return new Reading(dialect).more(body).end();
  }

  /** A body that comes in two pieces. */
  public static Reading cut(String dialect, Buffer body, int at) {
    return new Reading(dialect).more(body.slice(0, at)).more(body.slice(at, body.length())).end();
  }

  public Reading more(Buffer bytes) {
    if (!answer.over()) {
      decoder.read(bytes);
    }
    return drain();
  }

  public Reading more(String bytes) {
    return more(Buffer.buffer(bytes));
  }

  public Reading end() {
    if (!answer.over()) {
      decoder.end();
    }
    return drain();
  }

  public Reading lost() {
    if (!answer.over()) {
      decoder.lost();
    }
    return drain();
  }

  private Reading drain() {
    answer.drain(
        chunks -> {
          texts.computeIfAbsent(chunks.kind(), k -> Buffer.buffer()).appendBuffer(chunks.data());
          blocks.add(chunks);
        });
    return this;
  }

  public boolean over() {
    return answer.over();
  }

  public String text() {
    return text(BlockKind.TEXT);
  }

  public String text(BlockKind kind) {
    return texts.containsKey(kind) ? texts.get(kind).toString(StandardCharsets.UTF_8) : "";
  }

  public byte[] bytes(BlockKind kind) {
    return texts.containsKey(kind) ? texts.get(kind).getBytes() : new byte[0];
  }

  public Blocks blocks() {
    return blocks;
  }

  public Failure failure() {
    return answer.failure();
  }

  /** The body of the end frame, or {@code null} if it failed. */
  public JsonObject result() {
    return answer.complete() ? answer.result().toJson() : null;
  }

  public String finish() {
    return result() == null ? "failed: " + failure() : result().getString("finish_reason");
  }

  public TokenUsage usage() {
    return TokenUsage.fromJson(result().getJsonObject("usage"));
  }
}
