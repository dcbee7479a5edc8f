#!/usr/bin/env bash
# Every HTTP/2 stream of Vert.x holds a queue of 1,024 places, as every connection does.
#
# Expected: an open stream whose request has been sent, and which waits for bytes, holds some objects of
# some hundred bytes.
#
# What is so (vertx-core 5.1.6 with netty-common 4.2.17, 2026-11): each end of a stream, and each HTTP/1.1
# connection, has an outbound queue that several threads may add to. It is Netty's
# PlatformDependent.newMpscQueue(), which allocates an array for its first 1,024 elements at once: 4 KiB
# with compressed references, and some 500 bytes of padding. Nothing sets another size.
#
# Why a gateway for LLM streams cares: thousands of streams are open for minutes and write next to nothing
# to the backend. Of the 21 KB that a stream over HTTP/2 takes in the heap of LLM Relay, 9 KB are two such
# queues: that of the client's connection and that of the stream to the backend.
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
  <groupId>findings</groupId><artifactId>queue</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-core</artifactId><version>5.1.6</version>
    </dependency>
  </dependencies>
</project>
POM
cat > Queue.java <<'JAVA'
import io.vertx.core.Vertx;
import io.vertx.core.http.*;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.ObjectName;

public class Queue {
  static final int STREAMS = 90;

  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    CountDownLatch open = new CountDownLatch(STREAMS + 1);
    HttpServer server = vertx.createHttpServer()
        .requestHandler(request -> open.countDown()) // The response never begins.
        .listen(0, "127.0.0.1").await();
    HttpClient client = vertx.createHttpClient(
        new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false),
        new PoolOptions().setHttp2MaxSize(1));
    send(client, server);
    long before = arrays();
    for (int i = 0; i < STREAMS; i++) {
      send(client, server);
    }
    open.await();
    long each = (arrays() - before) / (2 * STREAMS);
    System.out.println("arrays for each end of an open stream: " + Math.round(each / 1024.0) + " KiB");
    System.exit(0);
  }

  static void send(HttpClient client, HttpServer server) {
    client.request(HttpMethod.GET, server.actualPort(), "127.0.0.1", "/")
        .await()
        .send();
  }

  /** The bytes of all live arrays of objects. */
  static long arrays() throws Exception {
    String histogram = (String) ManagementFactory.getPlatformMBeanServer().invoke(
        new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcClassHistogram",
        new Object[] {new String[0]}, new String[] {String[].class.getName()});
    Matcher row = Pattern.compile(" (\\d+)  \\[Ljava\\.lang\\.Object;").matcher(histogram);
    row.find();
    return Long.parseLong(row.group(1));
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -cp 'lib/*' Queue.java

cat > expected <<'TEXT'
arrays for each end of an open stream: 4 KiB
TEXT
echo "vertx-core 5.1.6"
timeout 60 java -XX:+UseSerialGC -cp 'lib/*:.' Queue 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: each end of a stream holds a queue of 1,024 places"
