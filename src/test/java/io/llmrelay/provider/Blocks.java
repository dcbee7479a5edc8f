package io.llmrelay.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.ContentBlock;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The blocks of one answer with their contents. Demands that blocks start in order. */
public final class Blocks {
  private final Map<Block, Buffer> contents = new LinkedHashMap<>();
  private Block call;

  /** Adds a block or more of its content; a tool call has no more once another one has started. */
  public synchronized void add(Block block, Buffer more) {
    if (!contents.containsKey(block)) {
      assertThat(block.index()).isEqualTo(contents.size());
      contents.put(block, Buffer.buffer());
      call = block.kind() == BlockKind.TOOL_CALL ? block : call;
    }
    if (block.kind() == BlockKind.TOOL_CALL) {
      assertThat(block).isEqualTo(call);
    }
    contents.get(block).appendBuffer(more);
  }

  public void add(Chunks chunks) {
    add(chunks.block(), chunks.data());
  }

  /** Returns the blocks of a kind, in order. */
  public synchronized List<ContentBlock> of(BlockKind kind) {
    List<ContentBlock> blocks = new ArrayList<>();
    contents.forEach(
        (block, content) -> {
          if (block.kind() == kind) {
            blocks.add(new ContentBlock(block, content.toString()));
          }
        });
    return blocks;
  }

  /** Returns the tool calls, each as {@code name(arguments)}. */
  public List<String> calls() {
    return of(BlockKind.TOOL_CALL).stream()
        .map(call -> call.block().name() + "(" + call.content() + ")")
        .toList();
  }

  /** Returns the ids of the tool calls. */
  public List<String> callIds() {
    return of(BlockKind.TOOL_CALL).stream().map(call -> call.block().id()).toList();
  }

  /** Returns the values of a field that accompanies the answer. */
  public List<Object> data(String field) {
    return of(BlockKind.DATA).stream()
        .filter(data -> data.block().name().equals(field))
        .flatMap(data -> data.content().lines())
        .map(Json::decodeValue)
        .toList();
  }
}
