package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.RawJson;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class JsonBodyTest {
  private static String encode(JsonObject body) {
    return JsonBody.encode(body).toString();
  }

  @Property
  void encodesWhatTheDecoderReads(@ForAll String text, @ForAll long number, @ForAll boolean flag) {
    JsonObject inner = new JsonObject().put(text, text).put("n", number).putNull("z");
    JsonObject body =
        new JsonObject()
            .put("o", inner)
            .put("e", new JsonObject())
            .put("a", new JsonArray().add(flag).add(inner).add(new JsonArray()))
            .put("d", 1.5);
    assertThat(encode(body)).isEqualTo(body.encode());
  }

  @Test
  void copiesWhatWasReceived() {
    Buffer received =
        Buffer.buffer(
            "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
                + "{\"url\":\"data:image\\/png;base64,QU\\/D\"}}]}]}");
    Image image = (Image) ChatRequest.read(received).messages().get(0).parts().get(0);
    assertThat(encode(new JsonObject().put("u", image.url()).put("d", DataUrl.of(image.url()))))
        .isEqualTo("{\"u\":\"data:image\\/png;base64,QU\\/D\",\"d\":\"QU\\/D\"}");
    RawJson built = RawJson.of("data:image/png;base64,QU/D");
    assertThat(encode(new JsonObject().put("l", List.of(built, DataUrl.of(built)))))
        .isEqualTo("{\"l\":[\"data:image/png;base64,QU/D\",\"QU/D\"]}");
  }
}
