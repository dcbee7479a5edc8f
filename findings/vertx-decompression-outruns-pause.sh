#!/usr/bin/env bash
# With decompression, pause() of a Vert.x client response cannot hold back what one socket read
# expands to.
#
# Expected: a consumer that is slower than the network calls response.pause() when it has had
# enough, and gets at most the buffer or two that were under way. So it is without compression: of 5
# MB some tens of kilobytes come before a pause asked for at the first buffer takes effect one tick
# later.
#
# What is so (vertx-core 5.1.6, 2026-11): with HttpClientOptions.setDecompressionSupported(true) the
# same 5 MB of ordinary SSE frames travel as some 26 KB of gzip, which is one socket read. All
# pieces that the read expands to are handed to the handler in the same tick of the event loop, one
# after the other. A pause that is decided in a later tick (by a timer, by a write queue that fills,
# by a message from a consumer on another thread) comes when all 5 MB have been delivered, in
# buffers of 64 KB.
#
# Why a gateway for LLM streams cares: its memory bound per stream is "window plus one buffer", and
# this makes "one buffer" as large as the compression ratio allows. LLM Relay counts, inside the
# buffer handler, what has come and could not be delivered yet, and fails a stream that goes beyond
# its bound; the pause it asks for a tick later is for the ordinary case.
#
# Needs a JDK 17 or newer, and Maven Central. Exits with 1 if the behaviour has changed.
set -euo pipefail
command -v javac >/dev/null || { echo "needs a JDK 17 or newer on the PATH" >&2; exit 2; }
repo=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > pom.xml <<'POM'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>findings</groupId><artifactId>pause</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-core</artifactId><version>5.1.6</version>
    </dependency>
  </dependencies>
</project>
POM
cat > Pause.java <<'JAVA'
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.*;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import java.util.zip.GZIPOutputStream;

public class Pause {
  static HttpClient client;

  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    StringBuilder text = new StringBuilder();
    while (text.length() < 5_000_000) {
      text.append("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"token")
          .append(text.length() / 2000).append("\"}}]}\n\n");
    }
    Buffer plain = Buffer.buffer(text.toString());
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(plain.getBytes());
    }
    client = vertx.createHttpClient(new HttpClientOptions().setDecompressionSupported(true));
    for (boolean gzip : new boolean[] {false, true}) {
      Buffer body = gzip ? Buffer.buffer(packed.toByteArray()) : plain;
      HttpServer server = vertx.createHttpServer().requestHandler(request -> {
        if (gzip) {
          request.response().putHeader("content-encoding", "gzip");
        }
        request.response().end(body);
      }).listen(0, "127.0.0.1").await();
      AtomicLong before = new AtomicLong();
      AtomicLong after = new AtomicLong();
      AtomicBoolean asked = new AtomicBoolean();
      CountDownLatch paused = new CountDownLatch(1);
      client.request(HttpMethod.GET, server.actualPort(), "127.0.0.1", "/")
          .compose(HttpClientRequest::send)
          .onSuccess(response -> response.handler(buffer -> {
            (paused.getCount() == 0 ? after : before).addAndGet(buffer.length());
            if (asked.compareAndSet(false, true)) {
              vertx.runOnContext(v -> {
                response.pause();
                paused.countDown();
              });
            }
          }));
      paused.await(10, TimeUnit.SECONDS);
      Thread.sleep(500);
      System.out.printf("%s: %d KB on the wire, %d KB delivered before the pause, %d after%n",
          gzip ? "gzip" : "plain", body.length() / 1024, before.get() / 1024, after.get() / 1024);
    }
    System.exit(0);
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -cp 'lib/*' Pause.java
echo "vertx-core 5.1.6, pause() one tick after the first buffer"
timeout 60 java -cp 'lib/*:.' Pause 2>log | tee out ||
  { cat log >&2; exit 1; }
delivered() { sed -n "s/^$1: .* wire, \([0-9]*\) KB delivered .*/\1/p" out; }
[ "$(delivered plain)" -lt 1000 ] && [ "$(delivered gzip)" -gt 4000 ] || { echo "changed"; exit 1; }
echo "as described: the whole expansion of one read is delivered before a pause takes effect"
