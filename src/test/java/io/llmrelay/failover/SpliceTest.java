package io.llmrelay.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmrelay.availability.ResumeMemory;
import io.llmrelay.chat.AnswerEnd;
import io.llmrelay.chat.AnswerHead;
import io.llmrelay.chat.Block;
import io.llmrelay.chat.BlockKind;
import io.llmrelay.chat.ChatSink;
import io.llmrelay.chat.Chunks;
import io.llmrelay.chat.Failure;
import io.llmrelay.chat.FinishReason;
import io.llmrelay.chat.TokenUsage;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * What a consumer gets of an answer that breaks off and of another one that is to continue it: all
 * of the other one, or an error and a correct beginning.
 */
class SpliceTest {
  private static final long MAX = 1 << 20;

  /** A piece of an answer: the start of a block, or content of it. */
  private record Piece(Block block, String text) {}

  /** Writes down what is delivered, as the consumer sees it. */
  private static class Consumer implements ResumeSink {
    final StringBuilder seen = new StringBuilder();
    final List<Piece> pieces = new ArrayList<>();
    final Transcript transcript;
    boolean ended;
    boolean diverged;
    boolean spliced;
    private Block at;

    Consumer(Transcript transcript) {
      this.transcript = transcript;
    }

    @Override
    public int window() {
      return 1;
    }

    @Override
    public void opened(AnswerHead head) {}

    @Override
    public void block(Block block) {
      at = block;
      pieces.add(new Piece(block, null));
      seen.append('[').append(block.index()).append(' ').append(block.kind().code());
      seen.append(' ').append(block.id()).append(' ').append(block.name()).append(']');
    }

    @Override
    public void chunks(Chunks chunks) {
      if (!chunks.block().equals(at)) {
        at = chunks.block();
        seen.append('[').append(at.index()).append(']');
      }
      seen.append(chunks.data());
      pieces.add(new Piece(at, chunks.data().toString()));
    }

    @Override
    public void ended(AnswerEnd end) {
      ended = true;
    }

    @Override
    public void failed(Failure failure) {}

    @Override
    public void skipped(Chunks chunks) {
      assertThat(spliced).isFalse();
    }

    @Override
    public void spliced(Block block, Buffer rest) {
      assertThat(spliced || diverged).isFalse();
      spliced = true;
      if (rest.length() > 0) {
        chunks(Chunks.of(block, rest));
      }
    }

    @Override
    public void diverged(String message) {
      assertThat(spliced || diverged).isFalse();
      diverged = true;
    }
  }

  private static Transcript transcript(long maxBytes, boolean continues) {
    return new Transcript(maxBytes, continues, new ResumeMemory().begin(Long.MAX_VALUE), () -> {});
  }

  private static void send(List<Piece> pieces, ChatSink to) {
    for (Piece piece : pieces) {
      if (piece.text() == null) {
        to.block(piece.block());
      } else {
        to.chunks(Chunks.of(piece.block(), Buffer.buffer(piece.text())));
      }
    }
  }

  private static void end(ChatSink sink) {
    sink.ended(AnswerEnd.ofBackend(FinishReason.STOP, TokenUsage.NONE, null, 0));
  }

  /** Returns what a consumer has got of an answer that broke off. */
  private static Consumer broken(List<Piece> delivered, boolean continues) {
    Transcript transcript = transcript(MAX, continues);
    Consumer consumer = new Consumer(transcript);
    send(delivered, new RecordingSink(consumer, transcript));
    return consumer;
  }

  private static String seen(List<Piece> pieces) {
    Consumer consumer = new Consumer(null);
    send(pieces, consumer);
    return consumer.seen.toString();
  }

  private static List<Piece> text(String... chunks) {
    Block block = Block.of(0, BlockKind.TEXT);
    List<Piece> pieces = new ArrayList<>();
    pieces.add(new Piece(block, null));
    for (String chunk : chunks) {
      pieces.add(new Piece(block, chunk));
    }
    return pieces;
  }

  private static Block call(int index, String id, String name) {
    return new Block(index, BlockKind.TOOL_CALL, id, name, null);
  }

  @Test
  void theSameAnswerContinuesWhereItBrokeOff() {
    Consumer consumer = broken(text("Hello", " wo"), false);
    VerifyingSplice splice = new VerifyingSplice(consumer.transcript, consumer);
    send(text("Hel", "lo worl", "d"), splice);
    end(splice);
    assertThat(consumer.seen).hasToString(seen(text("Hello world")));
    assertThat(consumer.ended).isTrue();
  }

  @Test
  void anotherOrAShorterAnswerShowsNothing() {
    for (List<Piece> twin : List.of(text("Hello there"), text("Hello"), text("hello world"))) {
      Consumer consumer = broken(text("Hello", " wo"), false);
      VerifyingSplice splice = new VerifyingSplice(consumer.transcript, consumer);
      send(twin, splice);
      end(splice);
      assertThat(consumer.diverged).isTrue();
      assertThat(consumer.ended).isFalse();
      assertThat(consumer.seen).hasToString(seen(text("Hello wo")));
    }
  }

  @Test
  void aToolCallKeepsTheIdUnderWhichItIsKnown() {
    List<Piece> first = text("I look.");
    first.add(new Piece(call(1, "id1", "find"), null));
    first.add(new Piece(call(1, "id1", "find"), "{\"a\":"));
    Consumer consumer = broken(first, false);
    List<Piece> twin = text("I look.");
    twin.add(new Piece(call(1, "other", "find"), null));
    twin.add(new Piece(call(1, "other", "find"), "{\"a\":1}"));
    twin.add(new Piece(call(2, "third", "find"), null));
    VerifyingSplice splice = new VerifyingSplice(consumer.transcript, consumer);
    send(twin, splice);
    end(splice);
    assertThat(consumer.seen)
        .hasToString(
            "[0 text null null]I look.[1 tool_call id1 find]{\"a\":1}[2 tool_call third find]");
    assertThat(consumer.ended).isTrue();
  }

  @Test
  void anAnswerBeyondTheLimitOrWithEventsOfItsProviderIsNotResumed() {
    Transcript small = transcript(130, true);
    RecordingSink sink = new RecordingSink(new Consumer(small), small);
    send(text("x".repeat(30)), sink);
    assertThat(small.usable()).isTrue();
    send(List.of(new Piece(Block.of(0, BlockKind.TEXT), "x".repeat(30))), sink);
    assertThat(small.usable()).isFalse();
    List<Piece> events = List.of(new Piece(Block.of(0, BlockKind.EVENT), null));
    assertThat(broken(events, true).transcript.usable()).isFalse();
  }

  /** Random answers, cuts and chunks, and twins that are deterministic or not. */
  @Test
  void eitherTheWholeOfTheTwinOrACorrectBeginning() {
    int whole = 0;
    for (int seed = 0; seed < 3_000; seed++) {
      Random random = new Random(seed);
      List<Piece> answer = answer(random);
      Consumer consumer = broken(cut(answer, random), false);
      String delivered = consumer.seen.toString();
      boolean same = random.nextBoolean();
      List<Piece> twin = again(same ? answer : changed(answer, random), random);
      VerifyingSplice splice = new VerifyingSplice(consumer.transcript, consumer);
      send(twin, splice);
      end(splice);
      String expected = seen(twin);
      if (consumer.ended) {
        whole++;
        assertThat(consumer.seen.toString().replaceAll("id\\d+", "id"))
            .as("seed %d", seed)
            .isEqualTo(expected.replaceAll("id\\d+", "id"))
            .startsWith(delivered.replaceAll("id\\d+", "id"));
      } else {
        assertThat(same).as("seed %d", seed).isFalse();
        assertThat(consumer.seen).as("seed %d", seed).hasToString(delivered);
      }
    }
    assertThat(whole).isGreaterThan(1_500).isLessThan(2_900);
  }

  /** Events that frame content are passed on to the consumer, and no part of another answer. */
  @Test
  void anAnswerWithFramesGoesOnWithoutThem() {
    int whole = 0;
    for (int seed = 0; seed < 3_000; seed++) {
      Random random = new Random(seed);
      List<Piece> answer = answer(random);
      Consumer consumer = broken(cut(framed(answer, random), random), false);
      String delivered = content(consumer.pieces);
      boolean same = random.nextBoolean();
      List<Piece> twin = again(merged(same ? answer : changed(answer, random)), random);
      VerifyingSplice splice = new VerifyingSplice(consumer.transcript, consumer);
      if (!consumer.transcript.usable()) {
        continue; // Nothing but frames was delivered.
      }
      send(twin, splice);
      end(splice);
      if (consumer.ended) {
        whole++;
        assertThat(content(consumer.pieces))
            .as("seed %d", seed)
            .isEqualTo(content(twin))
            .startsWith(delivered);
      } else {
        assertThat(same).as("seed %d", seed).isFalse();
        assertThat(content(consumer.pieces)).as("seed %d", seed).isEqualTo(delivered);
      }
      assertThat(consumer.pieces.stream().filter(piece -> piece.text() == null))
          .extracting(piece -> piece.block().index())
          .as("indexes, seed %d", seed)
          .isSorted()
          .doesNotHaveDuplicates();
    }
    assertThat(whole).isGreaterThan(1_200).isLessThan(2_900);
  }

  /** Returns an answer with a frame before each block, and with blocks of text in several parts. */
  private static List<Piece> framed(List<Piece> answer, Random random) {
    List<Piece> pieces = new ArrayList<>();
    int next = 0;
    Block at = null;
    for (Piece piece : answer) {
      Block block = piece.block();
      boolean parts = block.kind() != BlockKind.TOOL_CALL && random.nextInt(20) == 0;
      if (piece.text() == null || parts) {
        Block frame = new Block(next++, BlockKind.EVENT, null, "some-api", Block.frame());
        pieces.add(new Piece(frame, null));
        pieces.add(new Piece(frame, "{\"type\":\"frame\"}\n"));
        at = new Block(next++, block.kind(), block.id(), block.name(), null);
        pieces.add(new Piece(at, null));
      }
      if (piece.text() != null) {
        pieces.add(new Piece(at, piece.text()));
      }
    }
    return pieces;
  }

  /** Returns an answer in which blocks of text or reasoning that follow one another are one. */
  private static List<Piece> merged(List<Piece> answer) {
    List<Piece> pieces = new ArrayList<>();
    Block at = null;
    int next = 0;
    for (Piece piece : answer) {
      Block block = piece.block();
      if (piece.text() != null) {
        pieces.add(new Piece(at, piece.text()));
      } else if (at == null || at.kind() != block.kind() || at.kind() == BlockKind.TOOL_CALL) {
        at = new Block(next++, block.kind(), block.id(), block.name(), null);
        pieces.add(new Piece(at, null));
      }
    }
    return pieces;
  }

  /** Returns kinds, names and texts, without frames, ids and numbers. */
  private static String content(List<Piece> pieces) {
    StringBuilder content = new StringBuilder();
    Block at = null;
    for (Piece piece : pieces) {
      Block block = piece.block();
      if (block.kind() == BlockKind.EVENT) {
        continue;
      }
      boolean goesOn =
          at != null && at.kind() == block.kind() && block.kind() != BlockKind.TOOL_CALL;
      if (piece.text() == null && !goesOn) {
        content
            .append('[')
            .append(block.kind().code())
            .append(' ')
            .append(block.name())
            .append(']');
      }
      content.append(piece.text() == null ? "" : piece.text());
      at = block;
    }
    return content.toString();
  }

  private static List<Piece> answer(Random random) {
    List<Piece> pieces = new ArrayList<>();
    int blocks = 1 + random.nextInt(3);
    for (int i = 0; i < blocks; i++) {
      Block block =
          i == 0 && random.nextBoolean()
              ? Block.of(i, BlockKind.REASONING)
              : random.nextInt(3) == 0
                  ? call(i, "id" + random.nextInt(1_000), "tool" + random.nextInt(2))
                  : Block.of(i, BlockKind.TEXT);
      pieces.add(new Piece(block, null));
      int chunks = 1 + random.nextInt(60);
      for (int j = 0; j < chunks; j++) {
        pieces.add(new Piece(block, word(random).repeat(1 + random.nextInt(20))));
      }
    }
    return pieces;
  }

  private static String word(Random random) {
    return List.of("a", "b ", "漢字", "🙂", "\n", "é").get(random.nextInt(6));
  }

  /** Returns the beginning of an answer, cut between any two characters. */
  private static List<Piece> cut(List<Piece> answer, Random random) {
    List<Piece> delivered = new ArrayList<>(answer.subList(0, 1 + random.nextInt(answer.size())));
    int last = delivered.size() - 1;
    Piece piece = delivered.get(last);
    if (piece.text() != null) {
      int cut = random.nextInt(piece.text().codePointCount(0, piece.text().length()) + 1);
      String text = piece.text().substring(0, piece.text().offsetByCodePoints(0, cut));
      delivered.set(last, new Piece(piece.block(), text));
    }
    return delivered;
  }

  /** Returns an answer in other chunks, with other ids of its calls. */
  private static List<Piece> again(List<Piece> answer, Random random) {
    List<Piece> pieces = new ArrayList<>();
    for (Piece piece : answer) {
      Block block = piece.block();
      Block other =
          block.kind() == BlockKind.TOOL_CALL
              ? call(block.index(), "id7" + block.index(), block.name())
              : block;
      Piece before = pieces.isEmpty() ? null : pieces.get(pieces.size() - 1);
      if (piece.text() != null && before.text() != null && random.nextBoolean()) {
        pieces.set(pieces.size() - 1, new Piece(other, before.text() + piece.text()));
      } else {
        pieces.add(new Piece(other, piece.text()));
      }
    }
    return pieces;
  }

  private static List<Piece> changed(List<Piece> answer, Random random) {
    List<Piece> pieces = new ArrayList<>(answer);
    int at = random.nextInt(pieces.size());
    Piece piece = pieces.get(at);
    if (piece.text() != null) {
      pieces.set(at, new Piece(piece.block(), piece.text() + "!"));
    } else if (at > 0) {
      pieces.subList(at, pieces.size()).clear();
    }
    return pieces;
  }

  private static Consumer continued(List<Piece> delivered, List<Piece> rest) {
    Consumer consumer = broken(delivered, true);
    ContinuingSplice splice = new ContinuingSplice(consumer.transcript, 0, consumer);
    send(rest, splice);
    end(splice);
    return consumer;
  }

  @Test
  void aContinuationGoesOnInTheSameBlock() {
    Consumer consumer = continued(text("Hello wo"), text("r", "ld"));
    assertThat(consumer.seen).hasToString(seen(text("Hello world")));
    assertThat(consumer.ended).isTrue();
  }

  @Test
  void theReasoningOfAContinuationIsDroppedAndItsCallsAreNumberedOn() {
    Block reasoning = Block.of(0, BlockKind.REASONING);
    Block text = Block.of(1, BlockKind.TEXT);
    List<Piece> rest = new ArrayList<>();
    rest.add(new Piece(reasoning, null));
    rest.add(new Piece(reasoning, "Go on."));
    rest.add(new Piece(text, null));
    rest.add(new Piece(text, "rld"));
    rest.add(new Piece(call(2, "id", "find"), null));
    rest.add(new Piece(call(2, "id", "find"), "{}"));
    assertThat(continued(text("Hello wo"), rest).seen)
        .hasToString("[0 text null null]Hello world[1 tool_call id find]{}");
  }

  @Test
  void onlyTextAfterReasoningWithoutASignatureIsContinued() {
    assertThat(broken(text("Hi"), true).transcript.continuable()).hasToString("Hi");
    assertThat(broken(text("Hi"), false).transcript.continuable()).isNull();
    assertThat(broken(text(" \n"), true).transcript.continuable()).isNull();
    List<Piece> call = text("Hi");
    call.add(new Piece(call(1, "id", "find"), null));
    assertThat(broken(call, true).transcript.continuable()).isNull();
    Block signature = new Block(0, BlockKind.DATA, null, "reasoning_details", null);
    List<Piece> signed = new ArrayList<>();
    signed.add(new Piece(signature, null));
    signed.add(new Piece(Block.of(1, BlockKind.TEXT), null));
    signed.add(new Piece(Block.of(1, BlockKind.TEXT), "Hi"));
    assertThat(broken(signed, true).transcript.continuable()).isNull();
  }

  @Test
  void aJsonAnswerIsContinuedOnlyIfTheWholeIsJson() {
    for (String rest : List.of("2}", "{\"a\": 2}", "2", "2} and more")) {
      Consumer consumer = broken(text("{\"a\": "), true);
      ContinuingSplice splice = new ContinuingSplice(consumer.transcript, MAX, consumer);
      send(text(rest), splice);
      assertThat(consumer.seen).as("before the end").hasToString(seen(text("{\"a\": ")));
      end(splice);
      assertThat(consumer.ended).isEqualTo(rest.equals("2}"));
      assertThat(consumer.diverged).isEqualTo(!rest.equals("2}"));
    }
  }
}
