package io.llmrelay.gateway.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.llmrelay.gateway.GatewayFixture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compressed request bodies. */
class ContentEncodingTest extends GatewayFixture {
  /** Compresses to far less than the body limit. */
  private static final int BOMB = 1 << 20;

  @BeforeEach
  void answer() {
    relay.script = stream -> stream.text("x").end(FinishReason.STOP, TokenUsage.NONE, null);
  }

  private interface Coder {
    OutputStream over(OutputStream out) throws IOException;
  }

  private static byte[] encoded(String text, Coder coder) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = coder.over(bytes)) {
      out.write(text.getBytes(UTF_8));
    }
    return bytes.toByteArray();
  }

  private static byte[] gzip(String text) throws IOException {
    return encoded(text, GZIPOutputStream::new);
  }

  private static byte[] deflate(String text, boolean raw) throws IOException {
    return encoded(text, out -> new DeflaterOutputStream(out, new Deflater(9, raw)));
  }

  private HttpResponse<String> post(String coding, byte[] body) throws Exception {
    return send(
        request("/v1/chat/completions")
            .header("content-encoding", coding)
            .POST(BodyPublishers.ofByteArray(body)));
  }

  private void isUnderstood(String coding, byte[] body) throws Exception {
    assertThat(post(coding, body).statusCode()).as(coding).isEqualTo(200);
    assertThat(relay.requests.take().user()).isEqualTo("Grüße");
  }

  @Test
  void gzipAndDeflateAreDecoded() throws Exception {
    String text = streamRequest().put("user", "Grüße").encode();
    for (String coding : new String[] {"gzip", "GZIP", "x-gzip"}) {
      isUnderstood(coding, gzip(text));
    }
    isUnderstood("deflate", deflate(text, false));
    isUnderstood("deflate", deflate(text, true));
    isUnderstood("identity", text.getBytes(UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"br", "zstd", "gzip, gzip", "compress", "utf-8"})
  void unsupportedCodingIs415(String coding) throws Exception {
    HttpResponse<String> response = post(coding, gzip(streamRequest().encode()));

    assertThat(response.statusCode()).isEqualTo(415);
    assertThat(response.headers().firstValue("accept-encoding")).hasValue("gzip, deflate");
    assertThat(error(response).getString("code")).isEqualTo("unsupported_content_encoding");
    assertThat(error(response).getString("message")).contains("gzip, deflate");
    assertThat(relay.requests).isEmpty();
  }

  @Test
  void limitAppliesToTheDecodedBody() throws Exception {
    String large = streamRequest().put("user", "x".repeat(BOMB)).encode();
    for (byte[] body : new byte[][] {gzip(large), deflate(large, false), deflate(large, true)}) {
      assertThat(body.length).isLessThan(MAX_BODY);
      HttpResponse<String> response = post(body[0] == 0x1f ? "gzip" : "deflate", body);
      assertThat(response.statusCode()).isEqualTo(413);
      assertThat(error(response).getString("code")).isEqualTo("request_too_large");
    }
    assertThat(relay.requests).isEmpty();
  }

  @Test
  void undecodableBodyIs400() throws Exception {
    byte[] whole = gzip(streamRequest().encode());
    byte[] damaged = whole.clone();
    damaged[damaged.length - 6] ^= 1;
    byte[] plain = streamRequest().encode().getBytes(UTF_8);
    for (byte[] body :
        new byte[][] {Arrays.copyOf(whole, whole.length / 2), damaged, plain, new byte[0]}) {
      HttpResponse<String> response = post("gzip", body);
      assertThat(response.statusCode()).isEqualTo(400);
      assertThat(error(response).getString("code")).isEqualTo("invalid_content_encoding");
    }
    assertThat(post("deflate", plain).statusCode()).isEqualTo(400);
    assertThat(relay.requests).isEmpty();
  }

  @Test
  void severalGzipMembersAreOneBody() throws Exception {
    String text = streamRequest().put("user", "Grüße").encode();
    int half = text.length() / 2;
    isUnderstood(
        "gzip",
        joined(gzip(text.substring(0, half)), gzip(""), gzip(""), gzip(text.substring(half))));
  }

  @Test
  void gzipMembersWithoutEndAre400() throws Exception {
    byte[][] empty = new byte[150][];
    Arrays.fill(empty, gzip(""));
    HttpResponse<String> response = post("gzip", joined(empty));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(error(response).getString("code")).isEqualTo("invalid_content_encoding");
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
