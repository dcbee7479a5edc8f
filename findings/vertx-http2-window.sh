#!/usr/bin/env bash
# One response that is not read stops every other response of a Vert.x HTTP/2 client connection.
#
# Expected: HTTP/2 has flow control for each stream, and pause() on a response holds back that response;
# the others of the connection go on.
#
# What is so (vertx-core 5.1.6, 2026-11): by default the window of a connection is as large as that of
# one stream, 65,535 bytes. A paused response of which that much has come fills both, and the
# server may send nothing more on the connection until it is read, to anybody. With
# HttpClientOptions.setHttp2ConnectionWindowSize, or setWindowSize on the connection, of as many stream
# windows as there are streams, it stops nobody else.
#
# Why a gateway for LLM streams cares: it pauses a backend's response when its client does not read. With
# one connection for a hundred streams, one client that has fallen asleep stops a hundred answers, which
# looks like a stall of the backend. LLM Relay sets the window of a connection to the sum of those of its
# streams.
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
  <groupId>findings</groupId><artifactId>window</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-core</artifactId><version>5.1.6</version>
    </dependency>
  </dependencies>
</project>
POM
cat > Window.java <<'JAVA'
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.*;
import java.util.concurrent.TimeUnit;

public class Window {
  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    HttpServer server = vertx.createHttpServer()
        .requestHandler(request -> request.response()
            .end(Buffer.buffer(new byte[request.path().equals("/large") ? 1_000_000 : 10])))
        .listen(0, "127.0.0.1").await();
    for (int window : new int[] {-1, 4_000_000}) {
      HttpClient client = vertx.createHttpClient(
          new HttpClientOptions()
              .setProtocolVersion(HttpVersion.HTTP_2)
              .setHttp2ClearTextUpgrade(false)
              .setHttp2ConnectionWindowSize(window),
          new PoolOptions().setHttp2MaxSize(1));
      HttpClientResponse asleep = get(client, server, "/large").map(response -> response.pause())
          .await(10, TimeUnit.SECONDS);
      Thread.sleep(1_000); // Until as much of it has come as may.
      Future<Buffer> other = get(client, server, "/small").compose(HttpClientResponse::body);
      Thread.sleep(3_000);
      boolean before = other.isComplete();
      asleep.resume();
      other.await(10, TimeUnit.SECONDS);
      System.out.println((window < 0 ? "default window" : "window of 4 MB")
          + ": the other response arrived "
          + (before ? "while the first was paused" : "only when the first was read"));
    }
    System.exit(0);
  }

  static Future<HttpClientResponse> get(HttpClient client, HttpServer server, String path) {
    return client.request(HttpMethod.GET, server.actualPort(), "127.0.0.1", path)
        .compose(HttpClientRequest::send);
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -cp 'lib/*' Window.java

cat > expected <<'TEXT'
default window: the other response arrived only when the first was read
window of 4 MB: the other response arrived while the first was paused
TEXT
echo "vertx-core 5.1.6"
timeout 60 java -cp 'lib/*:.' Window 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: a paused response stops the connection"
