package io.llmrelay.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import org.junit.jupiter.api.Test;

/** A tool set that comes again is recognized, and the request is read as if it were not. */
class ToolSetsTest {
  /** More than the smallest set that is recognized. */
  private static final String LONG = "x".repeat(ToolSets.MIN_BYTES);

  private static String tool(String name, String more) {
    return "{\"type\":\"function\",\"function\":{\"name\":\""
        + name
        + "\",\"description\":\""
        + LONG
        + "\",\"parameters\":{\"type\":\"object\"}"
        + more
        + "}}";
  }

  private static ChatRequest read(String tools) {
    return read(tools, ",\"seed\":7}");
  }

  private static ChatRequest read(String tools, String rest) {
    return ChatRequest.read(
        Buffer.buffer(
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"tools\":" + tools + rest));
  }

  private static String tools(ChatRequest request) {
    BodyBuilder out = new BodyBuilder();
    request.appendTools(out);
    return out.toBuffer().toString();
  }

  @Test
  void aSetIsParsedTwiceAndThenShared() {
    String set = "[" + tool("shared", "") + "," + tool("other", "") + "]";
    ChatRequest first = read(set);
    ChatRequest second = read(set);
    ChatRequest third = read(set);
    ChatRequest fourth = read(set);
    assertThat(second.tools()).isNotSameAs(first.tools());
    assertThat(fourth.tools()).isSameAs(third.tools());
    assertThat(third.tools())
        .usingRecursiveComparison()
        .ignoringFields("parameters", "source")
        .isEqualTo(first.tools());
    assertThat(tools(third)).isEqualTo(set);
    assertThat(third.seed()).isEqualTo(7);
    assertThat(third.toJson()).isEqualTo(first.toJson());
    assertThat(third.characters()).isEqualTo(first.characters());
  }

  @Test
  void oneByteMoreOrLessIsAnotherSet() {
    String set = "[" + tool("alike", "") + "]";
    for (int i = 0; i < 3; i++) {
      read(set);
    }
    assertThat(read("[" + tool("alikE", "") + "]").tools().get(0).name()).isEqualTo("alikE");
    assertThat(read("[" + tool("alike", "") + "," + tool("b", "") + "]").tools()).hasSize(2);
    assertThat(read("[" + tool("alike", "") + " ]").tools()).hasSize(1);
    assertThatExceptionOfType(DecodeException.class).isThrownBy(() -> read(set, "]"));
    assertThatExceptionOfType(DecodeException.class).isThrownBy(() -> read(set, ""));
    assertThat(read(set, "}").tools()).hasSize(1);
  }

  @Test
  void unknownFieldsAreNamedEveryTime() {
    String set = "[" + tool("named", ",\"invented\":1") + "]";
    for (int i = 0; i < 4; i++) {
      assertThat(read(set).unknownPaths()).containsExactly("tools[0].function.invented");
    }
  }

  @Test
  void theNumberOfSetsIsBounded() {
    ToolSets sets = new ToolSets();
    for (int i = 0; i <= ToolSets.MAX_SETS; i++) {
      byte[] set =
          ("[" + tool("n" + i, "") + "]").getBytes(java.nio.charset.StandardCharsets.UTF_8);
      sets.add(set, 0, set.length);
      sets.add(set, 0, set.length);
      assertThat(sets.pass(new JsonCursor(set, 0, set.length))).isNotNull();
    }
    byte[] oldest = ("[" + tool("n0", "") + "]").getBytes(java.nio.charset.StandardCharsets.UTF_8);
    assertThat(sets.pass(new JsonCursor(oldest, 0, oldest.length))).isNull();
  }
}
