package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.ChatRequest;
import io.llmrelay.chat.Tool;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ToolCacheTest {
  private final AtomicInteger translations = new AtomicInteger();
  private final ToolCache<List<String>> cache =
      new ToolCache<>(
          tools -> {
            translations.incrementAndGet();
            return tools.stream().map(Tool::name).toList();
          });

  private static ChatRequest received(String name, String padding) {
    return ChatRequest.read(
        Buffer.buffer(
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"tools\":[{\"type\":"
                + "\"function\",\"function\":{\"name\":\""
                + name
                + "\",\"description\":\""
                + padding
                + "\"}}]}"));
  }

  @Test
  void translatesARepeatedSetOnce() {
    assertThat(cache.of(received("a", ""))).containsExactly("a");
    assertThat(cache.of(received("a", ""))).containsExactly("a");
    assertThat(cache.of(received("b", ""))).containsExactly("b");
    ChatRequest built = Rig.HELLO.withTools(Tool.function("a", "", null));
    assertThat(cache.of(built)).containsExactly("a");
    assertThat(translations).hasValue(2);
  }

  @Test
  void forgetsTheSetThatWasUsedLongestAgo() {
    cache.of(received("first", ""));
    cache.of(received("second", ""));
    for (int i = 0; i < ToolCache.MAX_ENTRIES - 1; i++) {
      cache.of(received("first", ""));
      cache.of(received("t" + i, ""));
    }
    int before = translations.get();
    cache.of(received("first", ""));
    assertThat(translations).hasValue(before);
    cache.of(received("second", ""));
    assertThat(translations).hasValue(before + 1);
  }

  @Test
  void isBoundedInBytes() {
    String large = "x".repeat(900_000);
    for (int i = 0; i < 20; i++) {
      cache.of(received("t" + i, large));
    }
    int before = translations.get();
    cache.of(received("t19", large));
    assertThat(translations).hasValue(before);
    cache.of(received("t0", large));
    assertThat(translations).hasValue(before + 1);
  }

  @Test
  void doesNotKeepAHugeSet() {
    String huge = "x".repeat(ToolCache.MAX_BYTES / 8);
    cache.of(received("a", huge));
    cache.of(received("a", huge));
    assertThat(translations).hasValue(2);
  }

  @Test
  void toolsBuiltInCodeAreFoundToo() {
    Tool tool = Tool.function("a", "d", new JsonObject().put("type", "object"));
    cache.of(Rig.HELLO.withTools(tool));
    cache.of(Rig.HELLO.withTools(tool));
    assertThat(translations).hasValue(1);
  }
}
