package io.llmrelay.soak;

import io.llmrelay.LlmStream;
import io.llmrelay.chat.ChatRequest;
import io.llmrelay.sandbox.Sandbox;
import io.llmrelay.sandbox.SandboxCall;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.streams.ReadStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.LongSummaryStatistics;

/**
 * Consumers that read 1 KB a second of answers that come as fast as they can, at both doors: the
 * relay's heap stays as it is, and of the backends no more is taken than fits the sockets.
 */
final class Slow {
  private static final int BYTES_PER_SECOND = 1024;
  private static final int MEGABYTES = 50;
  private static final int SAMPLES = 6;

  /** Of each stream, at most: two windows of 32 frames of 8 KB, and what is read at once. */
  private static final int HEAP_KB = 2 * 1024;

  /** Of each answer, at most; the sockets' buffers of the machine say how much it really is. */
  private static final int TAKEN_MB = MEGABYTES / 2;

  private Slow() {}

  static void run(int consumers, List<String> complaints) throws Exception {
    Vertx vertx = Vertx.vertx();
    Sandbox sandbox = Soak.get(Sandbox.start(vertx));
    try (RelayProcess relay =
        new RelayProcess(sandbox.baseUrl() + "/", 2 * consumers, Duration.ofMinutes(5), "512m")) {
      long before = relay.ask("count").getLong("heap_kb");
      relay.ask("slow " + consumers);
      List<NetSocket> sockets = gateway(vertx, relay.port, consumers);
      if (!Soak.within(60, () -> sandbox.activeRequests() == 2 * consumers)) {
        complaints.add("only " + sandbox.activeRequests() + " answers have begun");
      }
      LongSummaryStatistics heaps = new LongSummaryStatistics();
      LongSummaryStatistics taken = new LongSummaryStatistics();
      for (int i = 0; i < SAMPLES; i++) {
        Thread.sleep(10_000);
        long heap = relay.ask("count").getLong("heap_kb") - before;
        taken = sandbox.calls().stream().mapToLong(SandboxCall::bytesWritten).summaryStatistics();
        heaps.accept(heap);
        System.out.printf(
            "after %2d s: heap +%d KB, resident %d MB; of each answer taken %.1f MB, at most %.1f%n",
            10 * (i + 1), heap, relay.residentMb(), taken.getAverage() / 1e6, taken.getMax() / 1e6);
      }
      if (heaps.getMax() > 2L * consumers * HEAP_KB) {
        complaints.add("the streams hold more than " + HEAP_KB + " KB each");
      }
      if (taken.getMax() > TAKEN_MB * 1_000_000L) {
        complaints.add("more is taken of the backends than anybody reads");
      }
      if (sandbox.activeRequests() < 2 * consumers) {
        complaints.add("only " + sandbox.activeRequests() + " answers go on");
      }
      sockets.forEach(NetSocket::close);
      relay.ask("leave");
      if (!Soak.within(10, () -> sandbox.activeRequests() == 0)) {
        complaints.add(sandbox.activeRequests() + " calls of backends go on for nobody");
      }
    }
  }

  private static List<NetSocket> gateway(Vertx vertx, int port, int consumers) throws Exception {
    // A client's own buffer would hide for long how slowly it reads.
    NetClient client = vertx.createNetClient(new NetClientOptions().setReceiveBufferSize(8 * 1024));
    Buffer body = body().put("stream", true).toBuffer();
    Buffer request =
        Buffer.buffer("POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ")
            .appendString(body.length() + "\r\n\r\n")
            .appendBuffer(body);
    List<NetSocket> sockets = new ArrayList<>();
    for (int i = 0; i < consumers; i++) {
      NetSocket socket = Soak.get(client.connect(port, "127.0.0.1"));
      sockets.add(socket);
      socket.pause();
      read(vertx, socket);
      socket.write(request);
    }
    return sockets;
  }

  /** The same on the relay's own event bus. */
  static List<LlmStream> bus(Vertx vertx, RelayUnderTest relay, int consumers) throws Exception {
    List<Future<LlmStream>> streams = new ArrayList<>();
    for (int i = 0; i < consumers; i++) {
      streams.add(
          relay.client.stream(ChatRequest.fromJson(body()))
              .onSuccess(
                  stream -> {
                    stream.pause();
                    read(vertx, stream);
                  }));
    }
    return Soak.get(Future.all(streams)).list();
  }

  private static void read(Vertx vertx, ReadStream<Buffer> stream) {
    stream.handler(
        bytes ->
            vertx.setTimer(1 + bytes.length() * 1000L / BYTES_PER_SECOND, id -> stream.fetch(1)));
    stream.fetch(1);
  }

  private static JsonObject body() {
    return Visit.body("Hello").put("model", "first/mock-flood-" + MEGABYTES);
  }
}
