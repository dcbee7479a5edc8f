/**
 * Carries the contract ({@link io.llmrelay.chat.ChatService}) over the event bus: {@link
 * io.llmrelay.bus.BusService} offers a service at an address, {@link io.llmrelay.bus.BusClient} is
 * the service at an address. Frames, JSON bodies, credit and pings exist here alone.
 *
 * <p>A stream is opened by one {@code request} to a service address. Its headers carry the
 * consumer's private address, a stream id, the initial window and what the consumer understands;
 * the reply carries the producer's private address, or refuses with a failure. After that frames
 * run between the two private addresses: {@code open}, {@code block}, {@code chunk}, {@code end}
 * and {@code fail} towards the consumer, {@code credit} and {@code cancel} towards the producer,
 * {@code ping} both ways.
 *
 * <ul>
 *   <li>Where both ends are on one context, and the service is registered for this Vert.x alone,
 *       the calls of the contract are handed over as they are ({@code LocalStream}).
 *   <li>One private address per {@link io.llmrelay.bus.BusEndpoint}, not per stream: frames are
 *       told apart by stream id, because in a cluster every registration is network work.
 *   <li>Credit counts chunk frames, however many chunks one carries, from the beginning of the
 *       stream. The producer never sends one without credit; the consumer grants at half its
 *       window, and only for what the application consumed. The terminal frames need none: {@code
 *       end} follows the chunks that are queued, {@code fail} takes their place.
 *   <li>Frames towards the consumer are numbered; a gap fails the stream. A peer that does not
 *       answer a ping, or has no handlers, fails every stream shared with it. A frame of an unknown
 *       stream is answered with {@code cancel}.
 * </ul>
 *
 * <p>Everything of an endpoint happens on the context that opened it.
 */
package io.llmrelay.bus;
