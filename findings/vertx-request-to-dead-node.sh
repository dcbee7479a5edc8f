#!/usr/bin/env bash
# A request on a clustered event bus to a node that has died waits for its whole send timeout,
# although the connection is refused at once.
#
# Expected: EventBus.request fails as soon as the message cannot be written, as a write of
# MessageProducer does.
#
# What is so (vertx-core and vertx-hazelcast 5.1.6, 2026-11): the write to the dead node fails with
# "Connection refused" within milliseconds, but the request is only failed by a ReplyException, and
# so waits for the send timeout, 30 s by default, until the cluster manager has removed the node.
#
# Why a gateway for LLM streams cares: every rolling restart and every crash would cost a share of the
# requests half a minute. LLM Relay asks a further node if one has not accepted a stream within
# 300 ms, takes the first that accepts, and cancels the others.
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
  <groupId>findings</groupId><artifactId>dead-node</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-core</artifactId><version>5.1.6</version>
    </dependency>
    <dependency>
      <groupId>io.vertx</groupId><artifactId>vertx-hazelcast</artifactId><version>5.1.6</version>
    </dependency>
  </dependencies>
</project>
POM
cat > DeadNode.java <<'JAVA'
import com.hazelcast.config.*;
import io.vertx.core.*;
import io.vertx.core.eventbus.*;
import io.vertx.core.net.*;
import io.vertx.core.spi.cluster.*;
import io.vertx.spi.cluster.hazelcast.*;
import java.util.concurrent.TimeUnit;

public class DeadNode {
  static final int TIMEOUT = 6_000;

  /** A node whose event bus can be reached at another port than the one that it announces. */
  static Vertx node(int announcedPort) throws Exception {
    Config config = ConfigUtil.loadConfig();
    config.setClusterName("finding-" + System.getProperty("finding"));
    config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface("127.0.0.1");
    config.setProperty("hazelcast.wait.seconds.before.join", "0");
    config.setProperty("hazelcast.tcp.join.port.try.count", "50");
    JoinConfig join = config.getNetworkConfig().getJoin();
    join.getMulticastConfig().setEnabled(false);
    join.getAutoDetectionConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(true).addMember("127.0.0.1");
    VertxOptions options = new VertxOptions();
    options.getEventBusOptions().setHost("127.0.0.1");
    if (announcedPort > 0) {
      options.getEventBusOptions().setClusterPublicPort(announcedPort);
    }
    return Vertx.builder().with(options).withClusterManager(new HazelcastClusterManager(config))
        .buildClustered().await(60, TimeUnit.SECONDS);
  }

  public static void main(String[] args) throws Exception {
    Vertx here = node(0);
    // As a process that was killed: a member still, and nobody listens at its port.
    Vertx dead = node(1);
    dead.eventBus().consumer("address", message -> message.reply(null)).completion()
        .await(10, TimeUnit.SECONDS);
    Thread.sleep(1_000);
    // The first one looks up where the address is registered.
    here.eventBus().sender("address").write("x").otherwiseEmpty().await(20, TimeUnit.SECONDS);
    long start = System.nanoTime();
    String write = here.eventBus().sender("address").write("x").map("written")
        .otherwise(e -> e.getMessage().replaceAll(":.*", "")).await(20, TimeUnit.SECONDS);
    System.out.println("write: " + write + ", " + (ms(start) < TIMEOUT / 2 ? "soon" : "late"));
    start = System.nanoTime();
    String request = here.eventBus()
        .request("address", "x", new DeliveryOptions().setSendTimeout(TIMEOUT)).map("replied")
        .otherwise(e -> ((ReplyException) e).failureType().toString()).await(20, TimeUnit.SECONDS);
    System.out.println("request: " + request + ", "
        + (ms(start) < TIMEOUT - 100 ? "soon" : "after the send timeout"));
    System.exit(0);
  }

  static long ms(long start) {
    return (System.nanoTime() - start) / 1_000_000;
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -cp 'lib/*' DeadNode.java

cat > expected <<'TEXT'
write: Connection refused, soon
request: TIMEOUT, after the send timeout
TEXT
echo "vertx-core 5.1.6, vertx-hazelcast 5.1.6"
timeout 200 java -Dfinding=$$ -cp 'lib/*:.' DeadNode 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: the request does not fail with its write"
