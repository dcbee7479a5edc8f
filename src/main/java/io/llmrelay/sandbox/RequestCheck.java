package io.llmrelay.sandbox;

import io.llmrelay.sandbox.dialect.RejectedException;
import io.llmrelay.sandbox.dialect.SandboxDialect;
import io.llmrelay.sandbox.dialect.SandboxError;
import io.llmrelay.sandbox.dialect.SandboxRequest;

/** The checks of a request before its scenario runs: key, size, JSON and the vendor's rules. */
final class RequestCheck {
  static final int MAX_BODY = 32 * 1024 * 1024;

  private RequestCheck() {}

  /** Returns the vendor's error for a request, or null if it is accepted. */
  static SandboxError check(SandboxRequest request, String requiredKey) {
    SandboxError wrongKey = checkKey(request.dialect(), request.key(), requiredKey);
    if (wrongKey != null) {
      return wrongKey;
    }
    if (request.bodyBytes() > MAX_BODY) {
      return request.dialect().error("413");
    }
    if (!request.valid()) {
      return request.dialect().malformedBody();
    }
    try {
      request.dialect().check(request);
      return null;
    } catch (RejectedException e) {
      return e.error();
    }
  }

  /** Returns the vendor's error for a missing or wrong key, or null. */
  static SandboxError checkKey(SandboxDialect dialect, String key, String requiredKey) {
    if (requiredKey == null || requiredKey.equals(key)) {
      return null;
    }
    return key == null ? dialect.missingKey() : dialect.error("401");
  }
}
