package io.llmrelay.sandbox.bedrock;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * Encodes messages of an AWS event stream: lengths and their checksum, headers, payload, and a
 * checksum of everything before.
 */
final class EventFrame {
  private static final int STRING = 7;

  /** The bytes of the lengths and checksums. */
  private static final int OVERHEAD = 16;

  /** Above this length of a text its checksum is omitted, which would take too long. */
  private static final long MAX_CHECKED = 16 << 20;

  private EventFrame() {}

  static Buffer event(String type, String payload) {
    return encode("event", ":event-type", type, Buffer.buffer(payload));
  }

  static Buffer exception(String type, String payload) {
    return encode("exception", ":exception-type", type, Buffer.buffer(payload));
  }

  private static Buffer encode(String messageType, String typeHeader, String type, Buffer payload) {
    Buffer message = head(messageType, typeHeader, type, payload.length()).appendBuffer(payload);
    return message.appendInt((int) checksum(message).getValue());
  }

  /**
   * Returns the beginning and the end of an event with a text of repeated {@code x} in its payload.
   *
   * @param payload the payload before and after that text
   * @param bytes the length of that text
   */
  static List<Buffer> around(String type, List<Buffer> payload, long bytes) {
    long length = payload.get(0).length() + bytes + payload.get(1).length();
    Buffer start =
        head("event", ":event-type", type, (int) Math.min(length, Integer.MAX_VALUE / 2))
            .appendBuffer(payload.get(0));
    CRC32 crc = checksum(start);
    byte[] text = new byte[64 * 1024];
    Arrays.fill(text, (byte) 'x');
    for (long left = Math.min(bytes, MAX_CHECKED); left > 0; left -= text.length) {
      crc.update(text, 0, (int) Math.min(left, text.length));
    }
    crc.update(payload.get(1).getBytes());
    return List.of(start, payload.get(1).copy().appendInt((int) crc.getValue()));
  }

  /** Returns a message up to its payload. */
  private static Buffer head(String messageType, String typeHeader, String type, int payloadBytes) {
    Buffer headers = Buffer.buffer();
    TreeMap<String, String> values = new TreeMap<>();
    values.put(typeHeader, type);
    values.put(":content-type", "application/json");
    values.put(":message-type", messageType);
    values.forEach((name, value) -> header(headers, name, value));
    Buffer head =
        Buffer.buffer()
            .appendInt(OVERHEAD + headers.length() + payloadBytes)
            .appendInt(headers.length());
    return head.appendInt((int) checksum(head).getValue()).appendBuffer(headers);
  }

  private static void header(Buffer out, String name, String value) {
    byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
    byte[] valueBytes = value.getBytes(StandardCharsets.UTF_8);
    out.appendByte((byte) nameBytes.length).appendBytes(nameBytes).appendByte((byte) STRING);
    out.appendShort((short) valueBytes.length).appendBytes(valueBytes);
  }

  private static CRC32 checksum(Buffer bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes.getBytes());
    return crc;
  }
}
