/**
 * The contract ({@link io.llmrelay.chat.ChatService}) over the event bus: {@link
 * io.llmrelay.bus.BusService} registers a service at an address, {@link io.llmrelay.bus.BusClient}
 * calls it. Frames, JSON bodies, credit and pings are implemented in this package only.
 *
 * <p>A stream is opened by one {@code request} to a service address. Its headers carry the
 * consumer's private address, a stream id, the initial window and the features that the consumer
 * supports; the reply carries the producer's private address or a failure. After that frames are
 * sent between the two private addresses: {@code open}, {@code block}, {@code chunk}, {@code end}
 * and {@code fail} towards the consumer, {@code credit} and {@code cancel} towards the producer,
 * {@code ping} both ways.
 *
 * <ul>
 *   <li>If both sides are on one context and the service is registered on this node only, the
 *       methods of the contract are called directly ({@code LocalStream}).
 *   <li>There is one private address per {@link io.llmrelay.bus.BusEndpoint}, not per stream,
 *       because a registration in a cluster takes network traffic. Frames carry the stream's id.
 *   <li>Credit is the cumulative count of chunk frames, however many chunks a frame carries. The
 *       producer sends no chunk frame without credit; the consumer grants credit for each half of
 *       the window that the application has consumed. Terminal frames need no credit: {@code end}
 *       follows the queued chunks, {@code fail} replaces them.
 *   <li>Frames towards the consumer are numbered; a gap fails the stream. A peer that does not
 *       answer a ping, or has no handlers, fails every stream shared with it. The receiver of a
 *       frame of an unknown stream replies with {@code cancel}.
 * </ul>
 *
 * <p>An endpoint and its streams must be used on the context that opened the endpoint.
 */
package io.llmrelay.bus;
