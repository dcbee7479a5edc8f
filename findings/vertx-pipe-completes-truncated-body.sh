#!/usr/bin/env bash
# A Vert.x proxy built on pipeTo turns a body that broke off into a complete one.
#
# Expected: a proxy that pipes an upstream response into its own passes on what it got. If the
# upstream connection closes before the end of a chunked body, the proxy's client sees a body that
# broke off, too.
#
# What is so (vertx-core 5.1.6, 2026-11): ReadStream.pipeTo ends its destination when the source
# fails (a pipe's endOnFailure is true unless it is switched off), and the end of an HTTP response
# is its last chunk. A client that asks the upstream directly gets an error; through the proxy it
# gets status 200 and a well-formed, complete body with half of the content. The future of pipeTo
# does fail, but when its failure handler runs the response has been ended already.
#
# Why a gateway for LLM streams cares: this is the shortest proxy there is, and its truncated
# answers are indistinguishable from whole ones where a client does not look for a finish reason.
# LLM Relay never pipes into the response: each end has a reason, and only a whole answer ends the
# body.
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
  <groupId>findings</groupId><artifactId>pipe</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-core</artifactId><version>5.1.6</version>
    </dependency>
  </dependencies>
</project>
POM
cat > Piped.java <<'JAVA'
import io.vertx.core.*;
import io.vertx.core.http.*;
import java.util.concurrent.*;

public class Piped {
  static HttpClient client;

  static void ask(String name, HttpServer server) throws Exception {
    String result;
    try {
      result = "complete body '" + client.request(HttpMethod.GET, server.actualPort(), "127.0.0.1", "/")
          .compose(HttpClientRequest::send).compose(HttpClientResponse::body)
          .await(10, TimeUnit.SECONDS) + "'";
    } catch (Throwable cause) {
      result = "failed: " + cause.getMessage();
    }
    System.out.println(name + ": " + result);
  }

  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    client = vertx.createHttpClient();
    HttpServer upstream = vertx.createHttpServer().requestHandler(request ->
        request.response().setChunked(true).write("half of an ans").onSuccess(v ->
            vertx.setTimer(100, t -> request.connection().close()))).listen(0, "127.0.0.1").await();
    CompletableFuture<String> inHandler = new CompletableFuture<>();
    HttpServer proxy = vertx.createHttpServer().requestHandler(request ->
        client.request(HttpMethod.GET, upstream.actualPort(), "127.0.0.1", "/")
            .compose(HttpClientRequest::send)
            .compose(answer -> answer.pipeTo(request.response().setChunked(true)))
            .onFailure(cause -> inHandler.complete("failed: " + cause.getMessage()
                + ", response ended " + request.response().ended()))).listen(0, "127.0.0.1").await();
    ask("upstream", upstream);
    ask("through the proxy", proxy);
    System.out.println("pipeTo " + inHandler.get(5, TimeUnit.SECONDS));
    System.exit(0);
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -cp 'lib/*' Piped.java

cat > expected <<'TEXT'
upstream: failed: Connection was closed
through the proxy: complete body 'half of an ans'
pipeTo failed: Connection was closed, response ended true
TEXT
echo "vertx-core 5.1.6"
timeout 60 java -cp 'lib/*:.' Piped 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: the proxy's body is complete, the upstream's was not"
