#!/usr/bin/env bash
# HttpClosedException.goAway() throws instead of returning the GOAWAY frame, in a Vert.x HTTP/2 client.
#
# Expected: a request whose stream is beyond the last one of a GOAWAY fails with an HttpClosedException,
# and its goAway() "the data received when the connection received a GOAWAY frame prior disconnection":
# the error code, and the last stream that the server handled.
#
# What is so (vertx-core 5.1.6, 2026-11): goAway() copies the frame's debug data, whose buffer has been
# released by then, and throws Netty's IllegalReferenceCountException, whenever it is called later than in
# the turn of the event loop that read the frame, whether there are debug data or not. The frame that the
# connection's goAwayHandler gets can be read.
#
# Why a gateway for LLM streams cares: the last stream says whether a request may be sent again without
# being billed twice, and servers send a GOAWAY at every deployment. LLM Relay keeps the last stream from
# the handler.
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
  <groupId>findings</groupId><artifactId>goaway</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-core</artifactId><version>5.1.6</version>
    </dependency>
  </dependencies>
</project>
POM
cat > Lost.java <<'JAVA'
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.*;
import java.util.concurrent.TimeUnit;

public class Lost {
  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    HttpServer server = vertx.createHttpServer()
        .requestHandler(request -> request.connection().goAway(0, 0, Buffer.buffer()))
        .listen(0, "127.0.0.1").await();
    HttpClient client = vertx.httpClientBuilder()
        .with(new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false))
        .withConnectHandler(connection -> connection.goAwayHandler(away ->
            System.out.println("handler: last stream " + away.getLastStreamId())))
        .build();
    try {
      client.request(HttpMethod.GET, server.actualPort(), "127.0.0.1", "/")
          .compose(HttpClientRequest::send).await(10, TimeUnit.SECONDS);
    } catch (HttpClosedException e) {
      Thread.sleep(200);
      try {
        System.out.println("exception: last stream " + e.goAway().getLastStreamId());
      } catch (RuntimeException broken) {
        System.out.println("exception: " + broken.getClass().getSimpleName());
      }
    }
    System.exit(0);
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -nowarn -cp 'lib/*' Lost.java 2>javac.log || { cat javac.log >&2; exit 1; }

cat > expected <<'TEXT'
handler: last stream 0
exception: IllegalReferenceCountException
TEXT
echo "vertx-core 5.1.6"
timeout 60 java -cp 'lib/*:.' Lost 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: the frame of the exception cannot be read"
