#!/usr/bin/env bash
# A connection's goAwayHandler leaks pooled memory, in a Vert.x HTTP/2 client.
#
# Expected: what Vert.x allocates to tell a handler of a GOAWAY is garbage when the handler is done with it,
# as every other Buffer is that applications get.
#
# What is so (vertx-core 5.1.6, 2026-11): for the handler the debug data of the frame are copied into a
# pooled direct buffer, which nobody releases: not after the handler, not when the connection is closed, not
# when the client is. Netty's leak detector reports it ("LEAK: ByteBuf.release() was not called"). Without
# the handler there is no copy.
#
# Why a gateway for LLM streams cares: it needs the last stream of the frame, which only the handler can
# read (vertx-goaway-of-lost-stream.sh), servers end every connection with a GOAWAY, and it runs for
# months. LLM Relay releases the copy.
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
  <groupId>findings</groupId><artifactId>goaway-copy</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-core</artifactId><version>5.1.6</version>
    </dependency>
  </dependencies>
</project>
POM
cat > Copy.java <<'JAVA'
import io.netty.buffer.ByteBuf;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.*;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

public class Copy {
  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    HttpServer server = vertx.createHttpServer()
        .requestHandler(request -> {
          request.connection().goAway(0, 1, Buffer.buffer("max_age"));
          request.response().end();
        })
        .listen(0, "127.0.0.1").await();
    CompletableFuture<ByteBuf> data = new CompletableFuture<>();
    HttpClient client = vertx.httpClientBuilder()
        .with(new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false))
        .withConnectHandler(connection -> connection.goAwayHandler(away ->
            data.complete(((BufferInternal) away.getDebugData()).getByteBuf())))
        .build();
    client.request(HttpMethod.GET, server.actualPort(), "127.0.0.1", "/")
        .compose(HttpClientRequest::send).compose(HttpClientResponse::end)
        .await(10, TimeUnit.SECONDS);
    ByteBuf copy = data.get(10, TimeUnit.SECONDS);
    System.out.println("in the handler: " + copy.refCnt() + " reference, direct: " + copy.isDirect());
    client.close().await();
    server.close().await();
    vertx.close().await();
    System.out.println("after everything is closed: " + copy.refCnt() + " reference");
    System.exit(0);
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -nowarn -cp 'lib/*' Copy.java 2>javac.log || { cat javac.log >&2; exit 1; }

cat > expected <<'TEXT'
in the handler: 1 reference, direct: true
after everything is closed: 1 reference
TEXT
echo "vertx-core 5.1.6"
timeout 60 java -cp 'lib/*:.' Copy 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: the copy is never released"
