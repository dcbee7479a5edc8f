package io.llmrelay;

import io.llmrelay.bus.BusEndpoint;
import io.llmrelay.bus.InboundStream;

/** What waits for the frames of one request, on the endpoint's context. */
interface Answer extends InboundStream.Handler {
  /**
   * The request is on its way.
   *
   * @param onOver to be called when {@link #cancelled} can have no effect any more; on any context,
   *     and maybe more than once
   */
  void opening(BusEndpoint endpoint, InboundStream stream, Runnable onOver);

  /** The caller does not want it any more, in whichever phase it is. */
  void cancelled();
}
