package io.llmrelay.provider.error;

import io.llmrelay.chat.Failure;
import io.llmrelay.config.BackendOptions;
import io.llmrelay.provider.Rig;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;

/** Errors as providers write them, and what the classifier makes of them. */
public final class Errors {
  public static final Instant NOW = Instant.parse("2026-01-20T09:49:00Z");

  public static ErrorClassifier classifier(String provider) {
    return new ErrorClassifier(
        new BackendOptions().setProvider(provider).setApiKey(Rig.SECRET),
        Clock.fixed(NOW, ZoneOffset.UTC));
  }

  public static Failure http(
      String provider, int status, Map<String, String> headers, String body) {
    return classifier(provider)
        .http(status, MultiMap.caseInsensitiveMultiMap().addAll(headers), Buffer.buffer(body));
  }

  public static Failure http(String provider, int status, String body) {
    return http(provider, status, Map.of(), body);
  }

  /** {@code {"error":{"message","type","code"}}} */
  public static String error(String message, String type, String code) {
    return "{\"error\":{\"message\":\"%s\",\"type\":\"%s\",\"code\":%s}}"
        .formatted(message, type, code);
  }

  public static String cloudflare(int code, String message) {
    return "{\"success\":false,\"errors\":[{\"code\":%d,\"message\":\"%s\"}],\"result\":null}"
        .formatted(code, message);
  }

  public static String openRouter(int code, String message, String metadata) {
    return "{\"error\":{\"code\":%d,\"message\":\"%s\",\"metadata\":%s}}"
        .formatted(code, message, metadata);
  }

  public static String gemini(int code, String message, String status, String details) {
    return "{\"error\":{\"code\":%d,\"message\":\"%s\",\"status\":\"%s\",\"details\":%s}}"
        .formatted(code, message, status, details);
  }

  public static Failure inStream(String body) {
    byte[] bytes = Buffer.buffer(body).getBytes();
    return classifier(null).inStream(bytes, 0, bytes.length);
  }

  private Errors() {}
}
