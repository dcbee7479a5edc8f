package io.llmrelay.soak;

import io.llmrelay.sandbox.Sandbox;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Wears a relay out: mixed faults, slow consumers and disconnects for a time, or many streams at
 * once. Ends with 1, and says why, where a terminal signal was lost, something hangs, leaks or
 * grows.
 */
public final class Soak {
  private static final int CONNECTIONS = 200;
  private static final int VISITORS = 60;

  /** What garbage collectors and caches may differ by. */
  private static final long HEAP_KB = 8 * 1024;

  private final List<String> complaints = new ArrayList<>();

  private Soak() {}

  public static void main(String[] args) throws Exception {
    int minutes = 2;
    int streams = 0;
    int slow = 0;
    for (int i = 0; i + 1 < args.length; i += 2) {
      int n = Integer.parseInt(args[i + 1]);
      switch (args[i]) {
        case "--minutes" -> minutes = n;
        case "--streams" -> streams = n;
        case "--slow" -> slow = n;
        default -> throw new IllegalArgumentException("unknown option " + args[i]);
      }
    }
    Soak soak = new Soak();
    if (slow > 0) {
      Slow.run(slow, soak.complaints);
    } else if (streams > 0) {
      soak.streams(streams);
    } else {
      soak.mix(minutes);
    }
    soak.complaints.forEach(complaint -> System.out.println("FAILED: " + complaint));
    System.out.println(soak.complaints.isEmpty() ? "Nothing was lost." : "");
    System.exit(soak.complaints.isEmpty() ? 0 : 1);
  }

  private void mix(int minutes) throws Exception {
    Vertx vertx = Vertx.vertx();
    Sandbox sandbox = get(Sandbox.start(vertx));
    try (RelayProcess relay =
        new RelayProcess(sandbox.baseUrl() + "/", CONNECTIONS, Duration.ofMillis(500), "512m")) {
      long half = minutes * 30L;
      round(relay, 20); // what is made at first use
      JsonObject before = calm(sandbox, relay);
      Map<String, Integer> ends = round(relay, half);
      JsonObject middle = calm(sandbox, relay);
      round(relay, half).forEach((end, n) -> ends.merge(end, n, Integer::sum));
      JsonObject after = calm(sandbox, relay);

      ends.forEach((end, n) -> System.out.printf("%8d  %s%n", n, end));
      int visits = ends.values().stream().mapToInt(Integer::intValue).sum();
      System.out.printf("%8d  in all, in %d minutes%n", visits, minutes);
      System.out.println("before    " + before);
      System.out.println("half-way  " + middle);
      System.out.println("after     " + after);
      ends.keySet().stream().filter(end -> end.startsWith("WRONG")).forEach(complaints::add);
      for (String what : List.of("requests", "timers", "addresses")) {
        if (after.getInteger(what) > before.getInteger(what)) {
          complaints.add(what + " are left over");
        }
      }
      if (after.getLong("heap_kb") > middle.getLong("heap_kb") + HEAP_KB) {
        complaints.add("the heap grows");
      }
      // Connections that nobody uses are kept for 30 s.
      if (!within(60, () -> sandbox.openConnections() == 0)) {
        complaints.add(sandbox.openConnections() + " connections are left over");
      }
    }
  }

  /** Its connections to the gateway, each of which has a timer there, are closed after it. */
  private static Map<String, Integer> round(RelayProcess relay, long seconds) throws Exception {
    Vertx vertx = Vertx.vertx();
    CompletableFuture<JsonObject> bus =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return relay.ask("bus " + seconds);
              } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    Map<String, Integer> ends =
        new TreeMap<>(
            get(
                new Load(vertx.getOrCreateContext(), Door.http(vertx, relay.port))
                    .run(VISITORS, begun -> System.nanoTime() < until)));
    bus.get().forEach(end -> ends.merge(end.getKey(), (Integer) end.getValue(), Integer::sum));
    get(vertx.close());
    return ends;
  }

  private JsonObject calm(Sandbox sandbox, RelayProcess relay) throws Exception {
    if (!within(20, () -> sandbox.activeRequests() == 0)) {
      complaints.add(sandbox.activeRequests() + " calls of backends go on for nobody");
    }
    JsonObject counts = relay.ask("count");
    JsonObject earlier = null;
    // What outlives a request, such as the wait for the rest of an answer, lasts a second at most.
    for (int i = 0; i < 10 && !same("timers", counts, earlier); i++) {
      Thread.sleep(1_500);
      earlier = counts;
      counts = relay.ask("count");
    }
    return counts;
  }

  private static boolean same(String what, JsonObject counts, JsonObject earlier) {
    return earlier != null && counts.getInteger(what).equals(earlier.getInteger(what));
  }

  /** Holds so many slow streams at once, after a fifth of them to compare with. */
  private void streams(int streams) throws Exception {
    Vertx vertx = Vertx.vertx();
    Sandbox sandbox = get(Sandbox.start(vertx));
    try (RelayProcess relay =
        new RelayProcess(sandbox.baseUrl() + "/", streams, Duration.ofMinutes(10), "2g")) {
      var client =
          vertx.createHttpClient(
              new HttpClientOptions().setDefaultPort(relay.port).setDefaultHost("127.0.0.1"),
              new PoolOptions().setHttp1MaxSize(streams).setMaxWaitQueueSize(streams));
      byte[] body =
          Visit.body("Hello")
              .put("model", "first/mock-model-chunks-100000-every-1000")
              .put("stream", true)
              .toBuffer()
              .getBytes();
      AtomicInteger reading = new AtomicInteger();
      AtomicInteger chunks = new AtomicInteger();
      AtomicInteger errors = new AtomicInteger();
      long[] heap = new long[2];
      long[] resident = new long[2];
      int asked = 0;
      for (int stage = 0; stage < 2; stage++) {
        int aim = stage == 0 ? streams / 5 : streams;
        while (asked < aim) {
          for (int i = 0; i < 25 && asked < aim; i++) {
            asked++;
            client
                .request(HttpMethod.POST, "/v1/chat/completions")
                .compose(request -> request.send(io.vertx.core.buffer.Buffer.buffer(body)))
                .onFailure(error -> errors.incrementAndGet())
                .onSuccess(
                    response -> {
                      if (response.statusCode() != 200) {
                        errors.incrementAndGet();
                      }
                      reading.incrementAndGet();
                      response
                          .exceptionHandler(error -> errors.incrementAndGet())
                          .endHandler(end -> errors.incrementAndGet())
                          .handler(chunk -> chunks.incrementAndGet());
                    });
          }
          Thread.sleep(50);
        }
        int now = aim;
        if (!within(120, () -> reading.get() + errors.get() >= now)) {
          complaints.add("only " + reading + " of " + now + " streams have begun");
        }
        int from = chunks.get();
        Thread.sleep(20_000);
        double rate = (chunks.get() - from) / 20.0;
        heap[stage] = relay.ask("count").getLong("heap_kb");
        resident[stage] = relay.residentMb();
        System.out.printf(
            "%6d streams: %.0f chunks/s, %d errors, heap %d MB, resident %d MB%n",
            now, rate, errors.get(), heap[stage] / 1024, resident[stage]);
        if (rate < now * 0.8) {
          complaints.add("the streams do not keep their pace of one chunk a second");
        }
      }
      double perStream = (heap[1] - heap[0]) / (streams * 0.8);
      System.out.printf("%.1f KB of heap for each stream%n", perStream);
      if (errors.get() > 0) {
        complaints.add(errors + " streams ended in an error");
      }
    }
  }

  static boolean within(int seconds, BooleanSupplier condition) throws Exception {
    for (int i = 0; i < 10 * seconds && !condition.getAsBoolean(); i++) {
      Thread.sleep(100);
    }
    return condition.getAsBoolean();
  }

  static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get();
  }
}
