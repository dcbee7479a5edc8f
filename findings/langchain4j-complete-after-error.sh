#!/usr/bin/env bash
# LangChain4j's OpenAI streaming model reports an answer as complete right after it reported its
# failure.
#
# Expected: StreamingChatResponseHandler gets onError or onCompleteResponse, one of them and once.
#
# What is so (langchain4j-open-ai 1.19.0 over its JDK HTTP client, 2026-11): when the connection
# breaks off in the middle of the answer, onError is called and then onCompleteResponse with the
# partial text. So it is with an error event (a line "event: error" before the data). An error frame
# without such a line and a proper end, a common form among OpenAI-compatible servers, calls
# onCompleteResponse only: the error is not mentioned at all. The one mark left is a finish reason
# of null in the metadata.
#
# Why a gateway for LLM streams cares: an application that completes a future in onCompleteResponse,
# or writes the answer into its history there, keeps half an answer as a whole one, whatever the
# gateway says. The most that can be done is to be heard at all: LLM Relay sends the error frame and
# then closes the connection without the last chunk, which calls onError; a proper end would not.
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
  <groupId>findings</groupId><artifactId>complete-after-error</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>dev.langchain4j</groupId><artifactId>langchain4j-open-ai</artifactId>
      <version>1.19.0</version>
    </dependency>
  </dependencies>
</project>
POM
cat > Complete.java <<'JAVA'
import dev.langchain4j.model.chat.response.*;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.net.*;
import java.util.*;
import java.util.concurrent.*;

public class Complete {
  static void play(String name, String body, boolean end) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      Thread thread = new Thread(() -> {
        try (Socket socket = server.accept()) {
          socket.getInputStream().read(new byte[65536]);
          Thread.sleep(100);
          socket.getOutputStream().write(("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
              + "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(body.length()) + "\r\n"
              + body + "\r\n" + (end ? "0\r\n\r\n" : "")).getBytes());
          Thread.sleep(300);
        } catch (Exception e) {
          e.printStackTrace();
        }
      });
      thread.setDaemon(true);
      thread.start();
      List<String> calls = new CopyOnWriteArrayList<>();
      OpenAiStreamingChatModel.builder().apiKey("k").modelName("m")
          .baseUrl("http://127.0.0.1:" + server.getLocalPort()).build()
          .chat("Hi", new StreamingChatResponseHandler() {
            @Override public void onPartialResponse(String text) {
              calls.add("'" + text + "'");
            }

            @Override public void onError(Throwable cause) {
              calls.add("onError");
            }

            @Override public void onCompleteResponse(ChatResponse response) {
              calls.add("onCompleteResponse('" + response.aiMessage().text() + "', finish reason "
                  + response.metadata().finishReason() + ")");
            }
          });
      Thread.sleep(1500);
      System.out.println(name + ": " + String.join(" ", calls));
    }
  }

  public static void main(String[] args) throws Exception {
    String head = "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,"
        + "\"model\":\"m\",\"choices\":[{\"index\":0,";
    String chunk = head + "\"delta\":{\"content\":\"half\"},\"finish_reason\":null}]}\n\n";
    String stop = head + "\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    String error =
        "data: {\"error\":{\"message\":\"lost\",\"type\":\"server_error\",\"code\":\"lost\"}}\n\n";
    play("whole", chunk + stop, true);
    play("connection closed", chunk, false);
    play("error event, proper end", chunk + "event: error\n" + error, true);
    play("error frame, proper end", chunk + error, true);
    play("error frame, connection closed", chunk + error, false);
    System.exit(0);
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -cp 'lib/*' Complete.java

cat > expected <<'TEXT'
whole: 'half' onCompleteResponse('half', finish reason STOP)
connection closed: 'half' onError onCompleteResponse('half', finish reason null)
error event, proper end: 'half' onError onCompleteResponse('half', finish reason null)
error frame, proper end: 'half' onCompleteResponse('half', finish reason null)
error frame, connection closed: 'half' onError onCompleteResponse('half', finish reason null)
TEXT
echo "langchain4j-open-ai 1.19.0"
timeout 60 java -cp 'lib/*:.' Complete 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: a failed answer is reported as complete, too"
