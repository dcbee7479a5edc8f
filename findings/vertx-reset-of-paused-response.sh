#!/usr/bin/env bash
# HttpClientRequest.reset() closes a connection that already serves another request, in a Vert.x HTTP/1.1
# client.
#
# Expected: a connection belongs to one request at a time. The pool passes it on once a response has
# arrived whole, and from then on a reset of the earlier request does nothing, or fails.
#
# What is so (vertx-core 5.1.6, 2026-11): if the response is paused while its last bytes arrive, the
# connection goes back to the pool although the application has not read them, and the next request is
# sent on it. A reset of the first request closes it all the same: the second one fails with "Connection
# was closed". If the response is resumed first and the reset left out when it has ended by the next turn
# of the event loop, the second one is answered.
#
# In the same state, if the paused response has just filled its queue, nothing is read for the next request
# until the first one is resumed; this script does not show that.
#
# Why a gateway for LLM streams cares: it pauses the backend's response while a consumer reads slowly, and
# resets it when the consumer leaves. That would cut off or hold up an answer of somebody else and count as
# a failure of a healthy backend. LLM Relay stops reading from the socket instead.
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
  <groupId>findings</groupId><artifactId>reset</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-core</artifactId><version>5.1.6</version>
    </dependency>
  </dependencies>
</project>
POM
cat > Paused.java <<'JAVA'
import io.vertx.core.*;
import io.vertx.core.http.*;
import io.vertx.core.net.*;
import java.util.*;
import java.util.concurrent.TimeUnit;

public class Paused {
  static final String HEAD = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n";

  /** Sends two requests on one connection and gives up the first; returns what became of the second. */
  static String second(Vertx vertx, boolean resumeFirst) throws Exception {
    Promise<Void> paused = Promise.promise();
    Promise<Void> abandoned = Promise.promise();
    Promise<Integer> arrived = Promise.promise();
    List<NetSocket> sockets = new ArrayList<>();
    NetServer server = vertx.createNetServer().connectHandler(socket -> {
      sockets.add(socket);
      int[] requests = {0};
      socket.handler(request -> {
        if (++requests[0] == 1) {
          socket.write(HEAD + "first");
          paused.future().onSuccess(v -> socket.write(" last"));
        } else {
          arrived.complete(sockets.size());
          abandoned.future().onSuccess(v -> socket.write(HEAD + "0123456789"));
        }
      });
    }).listen(0, "127.0.0.1").await();
    HttpClient client = vertx.createHttpClient(
        new HttpClientOptions(), new PoolOptions().setHttp1MaxSize(1));
    RequestOptions options = new RequestOptions().setHost("127.0.0.1").setPort(server.actualPort());
    Context context = vertx.getOrCreateContext();
    HttpClientRequest[] first = new HttpClientRequest[1];
    HttpClientResponse[] response = new HttpClientResponse[1];
    boolean[] ended = {false};
    context.runOnContext(v -> client.request(options).onSuccess(request -> {
      first[0] = request;
      request.send().onSuccess(head -> {
        response[0] = head;
        head.exceptionHandler(e -> { }).endHandler(end -> ended[0] = true).handler(piece -> {
          if (!paused.future().isComplete()) {
            head.pause();
            paused.complete();
          }
        });
      });
    }));
    paused.future().await(10, TimeUnit.SECONDS);
    Promise<String> answer = Promise.promise();
    context.runOnContext(v -> client.request(options)
        .compose(request -> request.send().compose(HttpClientResponse::body))
        .onComplete(body -> answer.complete("answered"), e -> answer.complete(e.getMessage())));
    int connections = arrived.future().await(10, TimeUnit.SECONDS);
    context.runOnContext(v -> {
      if (resumeFirst) {
        response[0].resume();
        context.runOnContext(turn -> {
          if (!ended[0]) {
            first[0].reset();
          }
          abandoned.complete();
        });
      } else {
        first[0].reset();
        abandoned.complete();
      }
    });
    String end = answer.future().await(10, TimeUnit.SECONDS);
    client.close().await();
    server.close().await();
    return connections + " connection, second request: " + end;
  }

  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    System.out.println("reset at once: " + second(vertx, false));
    System.out.println("resumed, then reset unless ended: " + second(vertx, true));
    vertx.close().await();
  }
}
JAVA

timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -nowarn -cp 'lib/*' Paused.java 2>javac.log || { cat javac.log >&2; exit 1; }

cat > expected <<'TEXT'
reset at once: 1 connection, second request: Connection was closed
resumed, then reset unless ended: 1 connection, second request: answered
TEXT
echo "vertx-core 5.1.6"
timeout 60 java -cp 'lib/*:.' Paused 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: a reset closes the connection of the next request"
