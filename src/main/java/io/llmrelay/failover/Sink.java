package io.llmrelay.failover;

import io.llmrelay.bus.Chunks;
import io.llmrelay.chat.Failure;
import io.vertx.core.json.JsonObject;

/** Where the answer of a run goes: to a stream on the bus, or into one reply. */
interface Sink {
  /** The commit point was reached. */
  void open(JsonObject body);

  void chunks(Chunks chunks);

  /** Whether the consumer takes no more for now. */
  boolean full();

  /** Terminal. */
  void end(JsonObject body);

  /** Terminal. */
  void fail(Failure failure);
}
