package io.llmrelay;

import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.InboundStream;

/** What waits for the frames of one request, on the endpoint's context. */
interface Answer extends InboundStream.Handler {
  /** The request is on its way. */
  void opening(BusEndpoint endpoint, InboundStream stream);

  /** The caller does not want it any more, in whichever phase it is. */
  void cancelled();
}
