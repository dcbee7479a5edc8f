package io.llmrelay.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.sandbox.Wire.Stop;
import org.junit.jupiter.api.Test;

/** Line breaks that a careless client takes for the start of a header or a response. */
class HeaderTest extends SandboxTestBase {

  @Test
  void inTheHead() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-splitting-head")) {
      assertThat(wire.read()).isEqualTo(Stop.FIN);
      assertThat(wire.raw())
          .startsWith("HTTP/1.1 200 OK\r\n")
          .contains("req_1\rset-cookie: cr=1\r\n")
          .contains("retry-after: 7\nset-cookie: lf=1\r\n")
          .contains("a\r\n set-cookie: folded=1\r\n")
          .contains("\r\n\r\ndata: {")
          .endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void inTheNameOfTheModel() throws Exception {
    try (Wire wire = Wire.openAi(sandbox, "mock-splitting")) {
      assertThat(wire.read()).isEqualTo(Stop.LAST_CHUNK);
      assertThat(wire.body()).contains("\"model\":\"mock-splitting\\r\\nset-cookie: split=1\\r\\n");
    }
  }

  @Test
  void inTheTextsOfAnError() throws Exception {
    try (Wire wire = Wire.anthropic(sandbox, "mock-503-splitting")) {
      assertThat(wire.read()).isEqualTo(Stop.CONTENT_LENGTH);
      assertThat(wire.status()).isEqualTo(503);
      assertThat(wire.json().getJsonObject("error").getString("message"))
          .contains("\r\nset-cookie: split=1\r\n");
    }
  }
}
