/**
 * How a stream crosses the event bus.
 *
 * <p>A stream is opened by one {@code request} to a service address. Its headers carry the
 * consumer's private address, a stream id and the initial window; the reply carries the producer's
 * private address, or refuses with a failure. After that frames run between the two private
 * addresses: {@code open}, {@code chunk}, {@code end} and {@code fail} towards the consumer, {@code
 * credit} and {@code cancel} towards the producer, {@code ping} both ways.
 *
 * <ul>
 *   <li>One private address per {@link io.llmrelay.bus.BusEndpoint}, not per stream: frames are
 *       told apart by stream id, because in a cluster every registration is network work.
 *   <li>Credit counts chunk frames, however many chunks one carries. The producer never sends one
 *       without credit; the consumer grants at half its window, and only for what the application
 *       consumed. The terminal frames need none: {@code end} follows the chunks that wait, {@code
 *       fail} takes their place.
 *   <li>Frames towards the consumer are numbered; a gap fails the stream. A peer that does not
 *       answer a ping, or has no handlers, fails every stream shared with it.
 * </ul>
 *
 * <p>Everything of an endpoint happens on the context that opened it.
 */
package io.llmrelay.bus;
