#!/usr/bin/env bash
# While one node of a Hazelcast cluster is suspended, messages between two others are delayed if they
# are the first ones to their address.
#
# Expected: a node that neither sends nor receives a message does not matter to it.
#
# What is so (vertx-core and vertx-hazelcast 5.1.6, 2026-11): registrations are kept in a MultiMap whose
# partitions are spread over all members, and an address is looked up when it is first used. If its
# partition belongs to a member that is suspended or cut off, the lookup waits until that member is
# removed (hazelcast.max.no.heartbeat.seconds, 60 s by default, 20 s here). Addresses that were used
# before are cached, and not affected. Each of 40 addresses on a healthy node is asked once: those that
# were used before all answer within two seconds, of the others some do not.
#
# Why a gateway for LLM streams cares: each client has a private address for its frames, and a new
# client would wait for its first frame as long as any node of the cluster stands still. LLM Relay has
# one address for all streams of a client, and removes silent nodes after 5 s.
#
# Needs a JDK 17 or newer, Maven Central, and kill -STOP. Exits with 1 if the behaviour has changed.
set -euo pipefail
command -v javac >/dev/null || { echo "needs a JDK 17 or newer on the PATH" >&2; exit 2; }
repo=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat > pom.xml <<'POM'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>findings</groupId><artifactId>suspended-node</artifactId><version>1</version>
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
cat > SuspendedNode.java <<'JAVA'
import com.hazelcast.config.*;
import io.vertx.core.*;
import io.vertx.core.eventbus.*;
import io.vertx.spi.cluster.hazelcast.*;
import java.util.*;
import java.util.concurrent.TimeUnit;

public class SuspendedNode {
  static final int ADDRESSES = 40;

  static Vertx node() throws Exception {
    Config config = ConfigUtil.loadConfig();
    config.setClusterName("finding-" + System.getProperty("finding"));
    config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface("127.0.0.1");
    config.setProperty("hazelcast.wait.seconds.before.join", "0");
    config.setProperty("hazelcast.max.no.heartbeat.seconds", "20");
    config.setProperty("hazelcast.tcp.join.port.try.count", "50");
    JoinConfig join = config.getNetworkConfig().getJoin();
    join.getMulticastConfig().setEnabled(false);
    join.getAutoDetectionConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(true).addMember("127.0.0.1");
    VertxOptions options = new VertxOptions();
    options.getEventBusOptions().setHost("127.0.0.1");
    return Vertx.builder().with(options).withClusterManager(new HazelcastClusterManager(config))
        .buildClustered().await(60, TimeUnit.SECONDS);
  }

  /** Asks every address of a kind once, and returns how many answered in time. */
  static int answers(Vertx from, String kind) throws Exception {
    List<Future<Boolean>> all = new ArrayList<>();
    for (int i = 0; i < ADDRESSES; i++) {
      all.add(from.eventBus()
          .request(kind + i, "x", new DeliveryOptions().setSendTimeout(2_000))
          .map(true).otherwise(false));
    }
    int count = 0;
    for (Future<Boolean> each : all) {
      count += each.await(30, TimeUnit.SECONDS) ? 1 : 0;
    }
    return count;
  }

  public static void main(String[] args) throws Exception {
    if (args.length > 0) { // The third node, which only is there.
      node();
      System.out.println("joined");
      return;
    }
    Vertx here = node();
    Vertx there = node();
    Process third = new ProcessBuilder(System.getProperty("java.home") + "/bin/java",
        "-Dfinding=" + System.getProperty("finding"), "-cp", System.getProperty("java.class.path"),
        "SuspendedNode", "third").redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try {
      while (third.getInputStream().read() != '\n') {}
      for (String kind : List.of("known", "new")) {
        for (int i = 0; i < ADDRESSES; i++) {
          there.eventBus().consumer(kind + i, message -> message.reply(null)).completion()
              .await(30, TimeUnit.SECONDS);
        }
      }
      Thread.sleep(3_000);
      answers(here, "known");
      new ProcessBuilder("kill", "-STOP", "" + third.pid()).start().waitFor();
      Thread.sleep(500);
      System.out.println("used before: "
          + (answers(here, "known") == ADDRESSES ? "all answer" : "some do not answer"));
      System.out.println("first use: "
          + (answers(here, "new") == ADDRESSES ? "all answer" : "some do not answer"));
    } finally {
      third.destroyForcibly();
    }
    System.exit(0);
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -cp 'lib/*' SuspendedNode.java

cat > expected <<'TEXT'
used before: all answer
first use: some do not answer
TEXT
echo "vertx-core 5.1.6, vertx-hazelcast 5.1.6"
timeout 200 java -Dfinding=$$ -cp 'lib/*:.' SuspendedNode 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: two nodes depend on a third one"
