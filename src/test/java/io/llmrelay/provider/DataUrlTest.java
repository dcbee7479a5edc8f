package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.ContentPart.Image;
import io.llmrelay.chat.RawJson;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataUrlTest {
  /** Returns a URL as it is received, and as it is built in code. */
  private static List<RawJson> urls(String json) {
    ChatRequest request =
        ChatRequest.read(
            Buffer.buffer(
                "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\","
                    + " \"image_url\": {\"url\": \""
                    + json
                    + "\"}}]}]}"));
    RawJson received = ((Image) request.messages().get(0).parts().get(0)).url();
    return List.of(received, RawJson.of(received.string()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          data:image/png;base64,QQ== | image/png | QQ==
          data:image\\/png;base64,Q\\/Q= | image/png | Q/Q=
          data:image/svg+xml;charset=utf-8;base64,QQ== | image/svg+xml | QQ==
          data:;base64,QQ== | '' | QQ==
          data:image/png;base64, | image/png | ''
          """)
  void hasATypeAndData(String url, String type, String data) {
    for (RawJson each : urls(url)) {
      DataUrl read = DataUrl.of(each);
      assertThat(read.mediaType()).isEqualTo(type);
      assertThat(read.data()).isEqualTo(data == null ? "" : data);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://example.com/a;base64,b",
        "data:image/svg+xml,<svg/>",
        "data:image/png;base64",
        "data:",
        "data:\u00fc;base64,QQ=="
      })
  void otherUrlsAreNone(String url) {
    for (RawJson each : urls(url)) {
      assertThat(DataUrl.of(each)).isNull();
    }
  }
}
