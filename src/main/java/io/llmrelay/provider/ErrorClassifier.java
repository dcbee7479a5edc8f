package io.llmrelay.provider;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FailureKind;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;

final class ErrorClassifier {
  Failure http(int status, MultiMap headers, Buffer body) {
    FailureKind k =
        status == 429
            ? FailureKind.RATE_LIMITED
            : status == 401
                ? FailureKind.AUTHENTICATION
                : status == 400 ? FailureKind.INVALID_REQUEST : FailureKind.SERVER_ERROR;
    return Failure.of(k, "HTTP " + status).withStatus(status, null);
  }

  Failure inStream(byte[] bytes, int from, int to) {
    return Failure.of(FailureKind.SERVER_ERROR, "the provider reported an error");
  }
}
