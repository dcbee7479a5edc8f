package io.llmrelay.provider;

import io.llmrelay.chat.Failure;
import io.llmrelay.config.BackendOptions;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;

/** Errors as providers write them, and what the classifier makes of them. */
final class Errors {
  static final Instant NOW = Instant.parse("2026-01-20T09:49:00Z");

  static ErrorClassifier classifier(String provider) {
    return new ErrorClassifier(
        new BackendOptions().setProvider(provider).setApiKey(Rig.SECRET),
        Clock.fixed(NOW, ZoneOffset.UTC));
  }

  static Failure http(String provider, int status, Map<String, String> headers, String body) {
    return classifier(provider)
        .http(status, MultiMap.caseInsensitiveMultiMap().addAll(headers), Buffer.buffer(body));
  }

  static Failure http(String provider, int status, String body) {
    return http(provider, status, Map.of(), body);
  }

  /** {@code {"error":{"message","type","code"}}} */
  static String error(String message, String type, String code) {
    return "{\"error\":{\"message\":\"%s\",\"type\":\"%s\",\"code\":%s}}"
        .formatted(message, type, code);
  }

  static String cloudflare(int code, String message) {
    return "{\"success\":false,\"errors\":[{\"code\":%d,\"message\":\"%s\"}],\"result\":null}"
        .formatted(code, message);
  }

  static String openRouter(int code, String message, String metadata) {
    return "{\"error\":{\"code\":%d,\"message\":\"%s\",\"metadata\":%s}}"
        .formatted(code, message, metadata);
  }

  static String gemini(int code, String message, String status, String details) {
    return "{\"error\":{\"code\":%d,\"message\":\"%s\",\"status\":\"%s\",\"details\":%s}}"
        .formatted(code, message, status, details);
  }

  static Failure inStream(String body) {
    byte[] bytes = Buffer.buffer(body).getBytes();
    return classifier(null).inStream(bytes, 0, bytes.length);
  }

  private Errors() {}
}
