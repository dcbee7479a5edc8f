#!/usr/bin/env bash
# The connect timeout of a Vert.x client request leaves its timer behind when a connection is made.
#
# Expected: RequestOptions.setConnectTimeout limits how long a request waits for a connection; once
# the request has one, the timer is cancelled.
#
# What is so (vertx-core 5.1.6, 2026-11): the timer is cancelled only if the request got a pooled
# connection. For a request whose connection was established for it, the timer stays on the event
# loop until it fires, long after the response has ended, and does nothing then.
#
# Why a gateway for LLM streams cares: a backend that is slow to accept deserves a long connect
# timeout, and behind servers that close idle connections most requests make a new one. 100 requests
# a second with a timeout of 10 minutes keep 60,000 timers, each with what it refers to. LLM Relay
# has a timer of its own around the acquisition of a connection, which is cancelled either way.
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
  <groupId>findings</groupId><artifactId>timers</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-core</artifactId><version>5.1.6</version>
    </dependency>
  </dependencies>
</project>
POM
cat > Timers.java <<'JAVA'
import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.*;
import io.vertx.core.internal.ContextInternal;
import java.lang.reflect.Field;
import java.util.Collection;
import java.util.concurrent.TimeUnit;

public class Timers {
  static final int REQUESTS = 50;

  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    HttpServer server = vertx.createHttpServer()
        .requestHandler(request -> request.response().end("ok"))
        .listen(0, "127.0.0.1").await();
    for (boolean keepAlive : new boolean[] {false, true}) {
      for (boolean timeout : new boolean[] {false, true}) {
        HttpClient client = vertx.createHttpClient(new HttpClientOptions().setKeepAlive(keepAlive));
        long before = timers(vertx);
        for (int i = 0; i < REQUESTS; i++) {
          RequestOptions options =
              new RequestOptions().setHost("127.0.0.1").setPort(server.actualPort());
          if (timeout) {
            options.setConnectTimeout(600_000);
          }
          client.request(options).compose(HttpClientRequest::send)
              .compose(HttpClientResponse::body).await(10, TimeUnit.SECONDS);
        }
        Thread.sleep(200);
        long left = timers(vertx) - before;
        System.out.println((keepAlive ? "pooled connections" : "new connections") + ", "
            + (timeout ? "with" : "without") + " a connect timeout: "
            + (left >= REQUESTS - 2 ? "a timer left per request" : left == 0 ? "no timer left"
                : left == 1 ? "a timer left for the first request" : left + " timers left"));
      }
    }
    System.exit(0);
  }

  /** The tasks scheduled on the one event loop, counted on it. */
  static long timers(Vertx vertx) throws Exception {
    EventExecutor loop = ((ContextInternal) vertx.getOrCreateContext()).nettyEventLoop();
    Field queue = AbstractScheduledEventExecutor.class.getDeclaredField("scheduledTaskQueue");
    queue.setAccessible(true);
    return Future.<Long>future(count -> loop.execute(() -> {
      try {
        Collection<?> tasks = (Collection<?>) queue.get(loop);
        count.complete(tasks == null ? 0L : tasks.stream()
            .filter(task -> !((java.util.concurrent.Future<?>) task).isCancelled()).count());
      } catch (IllegalAccessException e) {
        count.fail(e);
      }
    })).await(10, TimeUnit.SECONDS);
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -cp 'lib/*' Timers.java

cat > expected <<'TEXT'
new connections, without a connect timeout: no timer left
new connections, with a connect timeout: a timer left per request
pooled connections, without a connect timeout: no timer left
pooled connections, with a connect timeout: a timer left for the first request
TEXT
echo "vertx-core 5.1.6"
timeout 60 java -cp 'lib/*:.' Timers 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: the timer outlives the connection's establishment"
