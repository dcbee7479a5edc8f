package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;

/** Requests over HTTP that a vendor accepts or rejects. */
abstract class RejectionTestBase extends SandboxTestBase {
  private final Vendor vendor;
  private final String model;

  RejectionTestBase(Vendor vendor, String model) {
    this.vendor = vendor;
    this.model = model;
  }

  /** Parses JSON in which single quotes may stand for double quotes. */
  static JsonObject json(String text) {
    return new JsonObject(text.replace('\'', '"'));
  }

  void accepts(JsonObject request) throws Exception {
    accepts(model, request);
  }

  void accepts(String requestedModel, JsonObject request) throws Exception {
    try (Wire wire = vendor.send(sandbox, "primary", requestedModel, false, request)) {
      wire.read();
      assertThat(wire.status()).as(wire.body()).isEqualTo(200);
    }
  }

  /** Returns the body of the rejection, for a stream and a whole answer alike. */
  JsonObject rejects(int status, JsonObject request) throws Exception {
    return rejects(model, status, request);
  }

  JsonObject rejects(String requestedModel, int status, JsonObject request) throws Exception {
    JsonObject rejection = null;
    for (boolean streaming : new boolean[] {true, false}) {
      try (Wire wire = vendor.send(sandbox, "primary", requestedModel, streaming, request)) {
        wire.read();
        assertThat(wire.status()).as(wire.body()).isEqualTo(status);
        assertThat(wire.header("content-type")).isEqualTo("application/json");
        rejection = wire.json();
      }
    }
    return rejection;
  }
}
