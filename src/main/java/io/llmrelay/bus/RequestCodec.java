package io.llmrelay.bus;

import io.llmrelay.chat.Failure;
import io.llmrelay.chat.LlmException;
import io.llmrelay.chat.LlmRequest;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageCodec;
import io.vertx.core.json.DecodeException;

/**
 * Passes a request within a process as the same immutable object; to another node, it sends the
 * bytes of its JSON.
 */
final class RequestCodec implements MessageCodec<LlmRequest, Object> {
  static final String NAME = "llmrelay.request";

  private static final RequestCodec CODEC = new RequestCodec();

  private RequestCodec() {}

  /** Registers the codec, so that the event bus accepts requests as message bodies. */
  static void register(EventBus bus) {
    try {
      bus.registerCodec(CODEC);
    } catch (IllegalStateException registered) {
      // Another endpoint of this Vert.x has registered it.
    }
  }

  @Override
  public Object transform(LlmRequest request) {
    return BusService.ALWAYS_AS_MESSAGES ? read(request.toBuffer()) : request;
  }

  /** Reads a request. If it is invalid, the body is the exception, so that the receiver replies. */
  private static Object read(Buffer json) {
    try {
      return LlmRequest.read(json);
    } catch (LlmException invalid) {
      return invalid;
    } catch (DecodeException e) {
      return Failure.invalid("", e.getMessage()).toException();
    }
  }

  @Override
  public void encodeToWire(Buffer out, LlmRequest request) {
    Buffer json = request.toBuffer();
    out.appendInt(json.length()).appendBuffer(json);
  }

  @Override
  public Object decodeFromWire(int at, Buffer in) {
    int from = at + Integer.BYTES;
    return read(in.slice(from, from + in.getInt(at)));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public byte systemCodecID() {
    return -1;
  }
}
