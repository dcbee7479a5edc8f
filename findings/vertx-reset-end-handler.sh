#!/usr/bin/env bash
# Vert.x 5.1 no longer calls a response's endHandler when the client goes away.
#
# Expected: code that holds something per response (a connection slot, a quota, a gauge) may release
# it in HttpServerResponse.endHandler: its documentation names the clean-up as its purpose, and on
# Vert.x 5.0.12 it is called for every response, written to its end or reset by the client in the
# middle.
#
# What is so (2026-11): vertx-core 5.1.6 calls it only for a response that was written to its end.
# After a reset, by a closed connection of HTTP/1.1 or an RST_STREAM of HTTP/2, closeHandler is
# called and endHandler is not. Nothing fails at the upgrade, whole responses still release, and
# what the abandoned ones held is never given back.
#
# Why a gateway for LLM streams cares: answers run for minutes and users press "stop", so abandoned
# responses are daily traffic. A slot lost with each of them fills the concurrency limit within
# hours. LLM Relay releases what a request holds, once, from the end handlers of Vert.x Web's
# routing context, which are called at the end and at the close alike, and never from the response's
# own endHandler.
#
# Needs a JDK 17 or newer, and Maven Central. Exits with 1 if the behaviour has changed.
set -euo pipefail
command -v javac >/dev/null || { echo "needs a JDK 17 or newer on the PATH" >&2; exit 2; }
repo=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > EndHandler.java <<'JAVA'
import io.vertx.core.Vertx;
import io.vertx.core.http.*;
import java.util.concurrent.*;

public class EndHandler {
  static HttpClient client;

  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    for (HttpVersion version : new HttpVersion[] {HttpVersion.HTTP_1_1, HttpVersion.HTTP_2}) {
      for (boolean reset : new boolean[] {false, true}) {
        CountDownLatch ended = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        HttpServer server = vertx.createHttpServer().requestHandler(request -> {
          HttpServerResponse response = request.response();
          response.endHandler(v -> ended.countDown());
          response.closeHandler(v -> closed.countDown());
          response.setChunked(true).write("first chunk");
          if (!reset) {
            response.end();
          }
        }).listen(0, "127.0.0.1").await();
        client = vertx.createHttpClient(new HttpClientOptions()
            .setProtocolVersion(version).setHttp2ClearTextUpgrade(false));
        HttpClientRequest request =
            client.request(HttpMethod.GET, server.actualPort(), "127.0.0.1", "/").await();
        HttpClientResponse response = request.send().await();
        if (reset) {
          response.exceptionHandler(cause -> { });
          request.reset(8);
          closed.await(5, TimeUnit.SECONDS);
        }
        System.out.println(version + (reset ? " reset by the client" : " written to its end")
            + ": endHandler called " + ended.await(reset ? 1 : 5, TimeUnit.SECONDS)
            + (reset ? ", closeHandler called " + (closed.getCount() == 0) : ""));
      }
    }
    System.exit(0);
  }
}
JAVA

run() {
  mkdir "$1"
  cat > "$1/pom.xml" <<POM
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>findings</groupId><artifactId>end-handler</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-core</artifactId><version>$1</version>
    </dependency>
  </dependencies>
</project>
POM
  timeout 300 "$repo/mvnw" -q -B -ntp -f "$1/pom.xml" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DoutputDirectory="$work/$1/lib"
  javac -cp "$1/lib/*" -d "$1" EndHandler.java
  timeout 60 java -cp "$1/lib/*:$1" EndHandler 2>"$1/log" | tee "$1/out" ||
    { cat "$1/log" >&2; exit 1; }
}

echo "vertx-core 5.0.12"; run 5.0.12
echo "vertx-core 5.1.6"; run 5.1.6
for version in HTTP_1_1 HTTP_2; do
  for v in 5.0.12 5.1.6; do
    grep -q "^$version written to its end: endHandler called true" "$v/out" ||
      { echo "changed"; exit 1; }
  done
  grep -q "^$version reset.*endHandler called true, closeHandler called true" 5.0.12/out &&
    grep -q "^$version reset.*endHandler called false, closeHandler called true" 5.1.6/out ||
    { echo "changed"; exit 1; }
done
echo "as described: a reset response reaches closeHandler only"
