#!/usr/bin/env bash
# The SSE codec of the Vert.x web client reads valid streams otherwise than the specification says.
#
# Expected: BodyCodec.sseStream hands out the events of a text/event-stream body. The format allows
# LF, CR LF and CR as line ends, comment lines as keep-alives, a byte order mark in front, and says
# that a field that cannot be understood is ignored and that a block without data is no event. A
# body that breaks off is expected at the exceptionHandler.
#
# What is so (vertx-web-client 5.1.6, 2026-11): with CR LF each event is followed by two empty ones
# (CR and LF both end a line). A comment block becomes an event with empty data. A byte order mark
# makes the first event lose its data. A retry field with a word in it fails the stream, the events
# after it are lost. And a connection that breaks off in the middle of the body calls the endHandler
# of the stream, not its exceptionHandler: only the future of send() fails, after the consumer was
# told "end".
#
# Why a gateway for LLM streams cares: providers send CR LF (Gemini) and comments (OpenRouter's
# keep-alives); an empty event is invalid JSON to the code behind, and an answer that broke off must
# not look like a whole one. LLM Relay uses the plain HTTP client with an SSE parser of its own, and
# takes only the dialect's closing event for the end of an answer.
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
  <groupId>findings</groupId><artifactId>sse-codec</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-web-client</artifactId><version>5.1.6</version>
    </dependency>
  </dependencies>
</project>
POM
cat > SseCodec.java <<'JAVA'
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.codec.BodyCodec;
import java.util.*;
import java.util.concurrent.*;

public class SseCodec {
  static Vertx vertx = Vertx.vertx();
  static WebClient client = WebClient.create(vertx);

  static void read(String name, String body, boolean breakOff) throws Exception {
    HttpServer server = vertx.createHttpServer().requestHandler(request ->
        request.response().putHeader("content-type", "text/event-stream").setChunked(true)
            .write(body).onSuccess(v -> vertx.setTimer(100, t -> {
              if (breakOff) {
                request.connection().close();
              } else {
                request.response().end();
              }
            }))).listen(0, "127.0.0.1").await();
    List<String> events = new CopyOnWriteArrayList<>();
    CompletableFuture<String> end = new CompletableFuture<>();
    var response = client.get(server.actualPort(), "127.0.0.1", "/").as(BodyCodec.sseStream(stream ->
        stream.handler(event -> events.add("'" + event.data() + "'"))
            .exceptionHandler(cause -> end.complete("exceptionHandler"))
            .endHandler(v -> end.complete("endHandler")))).send();
    String how = end.get(5, TimeUnit.SECONDS);
    String sent;
    try {
      response.await(5, TimeUnit.SECONDS);
      sent = "send() succeeded";
    } catch (Exception | Error cause) {
      sent = "send() failed";
    }
    System.out.println(name + ": " + String.join(" ", events) + " " + how + " " + sent);
    server.close().await();
  }

  public static void main(String[] args) throws Exception {
    read("LF", "data: a\n\ndata: b\n\n", false);
    read("CR", "data: a\r\rdata: b\r\r", false);
    read("CR LF", "data: a\r\n\r\ndata: b\r\n\r\n", false);
    read("comment", ": keep-alive\n\ndata: a\n\n", false);
    read("byte order mark", "\uFEFFdata: a\n\ndata: b\n\n", false);
    read("retry", "data: a\n\nretry: soon\ndata: b\n\ndata: c\n\n", false);
    read("broken off", "data: a\n\n", true);
    System.exit(0);
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -cp 'lib/*' SseCodec.java

cat > expected <<'TEXT'
LF: 'a' 'b' endHandler send() succeeded
CR: 'a' 'b' endHandler send() succeeded
CR LF: 'a' '' '' 'b' '' '' endHandler send() succeeded
comment: '' 'a' endHandler send() succeeded
byte order mark: '' 'b' endHandler send() succeeded
retry: 'a' exceptionHandler send() succeeded
broken off: 'a' endHandler send() failed
TEXT
echo "vertx-web-client 5.1.6, BodyCodec.sseStream"
timeout 60 java -cp 'lib/*:.' SseCodec 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: only LF and CR streams without comments are read as the specification says"
