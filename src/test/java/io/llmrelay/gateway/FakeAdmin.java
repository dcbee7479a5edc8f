package io.llmrelay.gateway;

import io.llmrelay.RelayAdmin;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.function.Supplier;

/** A relay's administration whose reload is set by a test. */
final class FakeAdmin implements RelayAdmin {
  Supplier<Future<JsonObject>> reload;

  @Override
  public JsonObject status(long afterFailover, long afterChange) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void refused(Refusal refusal) {}

  @Override
  public Boolean apply(Action action, String backend, String model) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isReloadable() {
    return true;
  }

  @Override
  public Future<JsonObject> reload() {
    return reload.get();
  }

  @Override
  public boolean isClosed() {
    return false;
  }
}
