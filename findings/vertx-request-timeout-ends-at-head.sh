#!/usr/bin/env bash
# Both timeouts of a Vert.x client request end when the response head arrives.
#
# Expected: RequestOptions.setIdleTimeout fails a request on which nothing was received for that
# long, and setTimeout does the same; their documentation names the future of the body among those
# that fail.
#
# What is so (vertx-core 5.1.6, 2026-11): both timers are cancelled by the response head. A server
# that is silent before its head fails the request after 500 ms as configured; one that sends head
# and first chunk and then is silent for 2 s is waited for, by both, and would be for ever. The
# connection's own readIdleTimeout would notice, but for all streams of a connection together, and
# as a closed connection.
#
# Why a gateway for LLM streams cares: LLM servers send their head at once and stall in the middle
# of the answer, so the configured timeouts guard exactly the part that does not stall. LLM Relay
# has timers of its own for the head, the first chunk, the gap between chunks (stopped while the
# relay itself has paused the stream) and the whole answer.
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
  <groupId>findings</groupId><artifactId>timeouts</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-core</artifactId><version>5.1.6</version>
    </dependency>
  </dependencies>
</project>
POM
cat > Timeouts.java <<'JAVA'
import io.vertx.core.Vertx;
import io.vertx.core.http.*;
import java.util.concurrent.TimeUnit;

public class Timeouts {
  static HttpClient client;

  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    client = vertx.createHttpClient();
    for (boolean head : new boolean[] {false, true}) {
      HttpServer server = vertx.createHttpServer().requestHandler(request -> {
        if (head) {
          request.response().setChunked(true).write("first,");
        }
        vertx.setTimer(2000, t -> request.response().end("last"));
      }).listen(0, "127.0.0.1").await();
      for (String option : new String[] {"idleTimeout", "timeout"}) {
        RequestOptions options = new RequestOptions().setHost("127.0.0.1").setPort(server.actualPort());
        if (option.equals("timeout")) {
          options.setTimeout(500);
        } else {
          options.setIdleTimeout(500);
        }
        String result;
        try {
          result = "read '" + client.request(options).compose(HttpClientRequest::send)
              .compose(HttpClientResponse::body).await(10, TimeUnit.SECONDS) + "'";
        } catch (Throwable cause) {
          result = cause.getMessage().contains("500ms") ? "timed out" : cause.toString();
        }
        System.out.println(option + " 500 ms, silent for 2 s "
            + (head ? "after the first chunk: " : "before the head: ") + result);
      }
    }
    System.exit(0);
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -cp 'lib/*' Timeouts.java

cat > expected <<'TEXT'
idleTimeout 500 ms, silent for 2 s before the head: timed out
timeout 500 ms, silent for 2 s before the head: timed out
idleTimeout 500 ms, silent for 2 s after the first chunk: read 'first,last'
timeout 500 ms, silent for 2 s after the first chunk: read 'first,last'
TEXT
echo "vertx-core 5.1.6"
timeout 60 java -cp 'lib/*:.' Timeouts 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: neither timeout looks at the body"
