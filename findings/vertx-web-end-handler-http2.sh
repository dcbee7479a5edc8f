#!/usr/bin/env bash
# Over HTTP/2, Vert.x Web's addEndHandler reports a complete response as failed.
#
# Expected: RoutingContext.addEndHandler is called with a succeeded result when the response was
# written to its end, whatever the version of HTTP, and with a failed one when it was not. It is
# what access logs, metrics and code that releases resources are built on.
#
# What is so (vertx-web 5.0.12 and 5.1.6, 2026-11): over HTTP/1.1 that holds. Over HTTP/2 the
# handler of a response that was streamed (headers first, the end later) gets a failed result with
# the message "Connection closed", although the response was ended by the server, the client has
# received every byte and its end, and the connection is still open.
#
# Why a gateway for LLM streams cares: every answer is streamed, so over HTTP/2 each success counts
# as an abandoned request: in error rates, in what is billed, in circuit breakers. LLM Relay uses
# the handler for releasing only and does not look at its result; whether the client left early is
# asked of the response (ended() or not).
#
# Needs a JDK 17 or newer, and Maven Central. Exits with 1 if the behaviour has changed.
set -euo pipefail
command -v javac >/dev/null || { echo "needs a JDK 17 or newer on the PATH" >&2; exit 2; }
repo=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > WebEnd.java <<'JAVA'
import io.vertx.core.Vertx;
import io.vertx.core.http.*;
import io.vertx.ext.web.Router;
import java.util.concurrent.*;

public class WebEnd {
  static HttpClient client;

  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    for (HttpVersion version : new HttpVersion[] {HttpVersion.HTTP_1_1, HttpVersion.HTTP_2}) {
      CompletableFuture<String> outcome = new CompletableFuture<>();
      Router router = Router.router(vertx);
      router.get().handler(context -> {
        context.addEndHandler(result -> outcome.complete(
            result.succeeded() ? "succeeded" : "failed: " + result.cause().getMessage()));
        context.response().setChunked(true).write("first,");
        vertx.setTimer(200, t -> context.response().end("last"));
      });
      HttpServer server =
          vertx.createHttpServer().requestHandler(router).listen(0, "127.0.0.1").await();
      client = vertx.createHttpClient(new HttpClientOptions()
          .setProtocolVersion(version).setHttp2ClearTextUpgrade(false));
      HttpClientRequest request =
          client.request(HttpMethod.GET, server.actualPort(), "127.0.0.1", "/").await();
      CountDownLatch closed = new CountDownLatch(1);
      request.connection().closeHandler(v -> closed.countDown());
      String body = request.send().compose(HttpClientResponse::body).await().toString();
      String said = outcome.get(5, TimeUnit.SECONDS);
      System.out.println(version + ": the client read '" + body + "', connection "
          + (closed.await(500, TimeUnit.MILLISECONDS) ? "closed" : "open")
          + ", addEndHandler " + said);
    }
    System.exit(0);
  }
}
JAVA

for v in 5.0.12 5.1.6; do
  mkdir "$v"
  cat > "$v/pom.xml" <<POM
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>findings</groupId><artifactId>web-end</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-web</artifactId><version>$v</version>
    </dependency>
  </dependencies>
</project>
POM
  timeout 300 "$repo/mvnw" -q -B -ntp -f "$v/pom.xml" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DoutputDirectory="$work/$v/lib"
  javac -cp "$v/lib/*" -d "$v" WebEnd.java
  echo "vertx-web $v"
  timeout 60 java -cp "$v/lib/*:$v" WebEnd 2>"$v/log" | tee "$v/out" ||
    { cat "$v/log" >&2; exit 1; }
  cat > expected <<'TEXT'
HTTP_1_1: the client read 'first,last', connection open, addEndHandler succeeded
HTTP_2: the client read 'first,last', connection open, addEndHandler failed: Connection closed
TEXT
  diff expected "$v/out" >/dev/null || { echo "changed"; exit 1; }
done
echo "as described: a complete HTTP/2 response is reported as failed"
