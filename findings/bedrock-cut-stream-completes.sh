#!/usr/bin/env bash
# The AWS SDK for Java reports a Bedrock stream that was cut inside a frame as completed.
#
# Expected: when the connection of a converseStream answer closes before the last HTTP chunk, in the
# middle of an event-stream frame, the call fails: the length of the frame is in its prelude, the
# end of the body is marked by HTTP, and neither was reached.
#
# What is so (bedrockruntime 2.57.8 with its Netty client speaking HTTP/1.1, 2026-11): the
# subscriber gets the whole frames that came, the bytes left over are dropped, onComplete is called,
# onError is not, and the future completes normally. So it is with a cut between two frames, with a
# cut inside one, and with a proper end that lacks the messageStop event. Nothing is repeated.
#
# Why a gateway for LLM streams cares: from Bedrock, half an answer is to be told from a whole one
# only by its events, so LLM Relay decodes the frames itself and takes the messageStop event, and
# nothing else, for the end of an answer. A gateway that speaks Bedrock's protocol to its clients
# cannot signal failure by closing the connection: it has to send an exception frame.
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
  <groupId>findings</groupId><artifactId>cut-stream</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>software.amazon.awssdk</groupId><artifactId>bedrockruntime</artifactId>
      <version>2.57.8</version>
    </dependency>
  </dependencies>
</project>
POM
cat > Cut.java <<'JAVA'
import java.io.*;
import java.net.*;
import java.util.*;
import java.util.concurrent.*;
import software.amazon.awssdk.auth.credentials.*;
import software.amazon.awssdk.eventstream.HeaderValue;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeAsyncClient;
import software.amazon.awssdk.services.bedrockruntime.model.*;

public class Cut {
  static void add(ByteArrayOutputStream out, String type, String json) {
    new software.amazon.awssdk.eventstream.Message(
        Map.of(":event-type", HeaderValue.fromString(type),
            ":content-type", HeaderValue.fromString("application/json"),
            ":message-type", HeaderValue.fromString("event")), json.getBytes()).encode(out);
  }

  static void play(String name, byte[] body, boolean end) throws Exception {
    int[] requests = {0};
    ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
    Thread thread = new Thread(() -> {
      while (true) {
        try (Socket socket = server.accept()) {
          requests[0]++;
          socket.getInputStream().read(new byte[65536]);
          Thread.sleep(100);
          OutputStream out = socket.getOutputStream();
          out.write(("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n"
              + "Transfer-Encoding: chunked\r\n\r\n"
              + Integer.toHexString(body.length) + "\r\n").getBytes());
          out.write(body);
          out.write(("\r\n" + (end ? "0\r\n\r\n" : "")).getBytes());
          Thread.sleep(300);
        } catch (Exception e) {
          return;
        }
      }
    });
    thread.setDaemon(true);
    thread.start();
    List<String> calls = new CopyOnWriteArrayList<>();
    try (BedrockRuntimeAsyncClient client = BedrockRuntimeAsyncClient.builder()
        .region(Region.US_EAST_1)
        .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("a", "b")))
        .httpClient(NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP1_1).build())
        .endpointOverride(URI.create("http://127.0.0.1:" + server.getLocalPort())).build()) {
      var future = client.converseStream(
          request -> request.modelId("m")
              .messages(Message.builder().role("user").content(ContentBlock.fromText("Hi")).build()),
          ConverseStreamResponseHandler.builder()
              .subscriber(event -> calls.add(event.sdkEventType().toString()))
              .onError(cause -> calls.add("onError"))
              .onComplete(() -> calls.add("onComplete")).build());
      try {
        future.get(10, TimeUnit.SECONDS);
        calls.add("future completed");
      } catch (ExecutionException e) {
        calls.add("future failed");
      }
    }
    server.close();
    System.out.println(name + ": " + String.join(" ", calls) + ", requests " + requests[0]);
  }

  public static void main(String[] args) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    add(out, "messageStart", "{\"role\":\"assistant\"}");
    int first = out.size();
    add(out, "contentBlockDelta", "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"Hel\"}}");
    int second = out.size();
    add(out, "contentBlockDelta", "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"lo\"}}");
    add(out, "messageStop", "{\"stopReason\":\"end_turn\"}");
    byte[] whole = out.toByteArray();
    play("whole", whole, true);
    play("cut between frames", Arrays.copyOf(whole, second), false);
    play("cut inside a frame", Arrays.copyOf(whole, (first + second) / 2), false);
    play("proper end without messageStop", Arrays.copyOf(whole, second), true);
    System.exit(0);
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -cp 'lib/*' Cut.java

cat > expected <<'TEXT'
whole: messageStart contentBlockDelta contentBlockDelta messageStop onComplete future completed, requests 1
cut between frames: messageStart contentBlockDelta onComplete future completed, requests 1
cut inside a frame: messageStart onComplete future completed, requests 1
proper end without messageStop: messageStart contentBlockDelta onComplete future completed, requests 1
TEXT
echo "bedrockruntime 2.57.8, converseStream over HTTP/1.1"
timeout 120 java -cp 'lib/*:.' Cut 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: every end is a success"
