#!/usr/bin/env bash
# OpenAI's Java SDK with response validation refuses every stream of completions.
#
# Expected: a client with responseValidation(true) reads a stream of POST /completions as OpenAI's
# API reference shows it, where finish_reason is null in every event but the last one with text.
#
# What is so (openai-java 4.101.0, 2026-11): the SDK reads streamed completions with the class of
# whole ones, whose finish_reason is required. With response validation the first event fails with
# OpenAIInvalidDataException; without it, finishReason() throws for each event but the last, so that
# code which looks for the end of the answer must use the raw field. Streams of chat completions,
# which have a class of their own, are read either way.
#
# Why a gateway for LLM streams cares: it cannot please this client. A reason in every event would be
# read as the end of the answer by all others, and none at all as a broken one. LLM Relay sends what
# OpenAI sends; users of this SDK who complete texts must leave response validation off, which is
# the default.
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
  <groupId>findings</groupId><artifactId>completion-stream</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.openai</groupId><artifactId>openai-java</artifactId><version>4.101.0</version>
    </dependency>
  </dependencies>
</project>
POM
cat > Completions.java <<'JAVA'
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.*;
import com.openai.models.completions.*;
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.util.function.Supplier;

public class Completions {
  static String event(String object, String content, String reason) {
    return "data: {\"id\":\"x\",\"object\":\"" + object + "\",\"created\":1,\"model\":\"m\","
        + "\"choices\":[{\"index\":0,\"logprobs\":null," + content + ",\"finish_reason\":" + reason
        + "}]}\n\n";
  }

  static void report(String name, Supplier<String> read) {
    String seen;
    try {
      seen = read.get();
    } catch (RuntimeException e) {
      seen = e.getClass().getSimpleName() + ": " + e.getMessage();
    }
    System.out.println(name + ": " + seen);
  }

  static String text(StreamResponse<Completion> stream) {
    StringBuilder text = new StringBuilder();
    try (stream) {
      stream.stream().forEach(each -> text.append(each.choices().get(0).text()));
    }
    return text.toString();
  }

  static String reasons(StreamResponse<Completion> stream) {
    StringBuilder text = new StringBuilder();
    try (stream) {
      stream.stream().forEach(each -> text.append(each.choices().get(0).finishReason()));
    }
    return text.toString();
  }

  static String chat(StreamResponse<ChatCompletionChunk> stream) {
    StringBuilder text = new StringBuilder();
    try (stream) {
      stream.stream()
          .forEach(each -> text.append(each.choices().get(0).delta().content().orElse("")));
    }
    return text.toString();
  }

  public static void main(String[] args) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/", http -> {
      http.getRequestBody().readAllBytes();
      boolean chat = http.getRequestURI().getPath().contains("chat");
      String object = chat ? "chat.completion.chunk" : "text_completion";
      String body = (chat
              ? event(object, "\"delta\":{\"content\":\"one \"}", "null")
                  + event(object, "\"delta\":{\"content\":\"two\"}", "\"stop\"")
              : event(object, "\"text\":\"one \"", "null")
                  + event(object, "\"text\":\"two\"", "\"stop\""))
          + "data: [DONE]\n\n";
      http.getResponseHeaders().add("content-type", "text/event-stream");
      http.sendResponseHeaders(200, body.length());
      http.getResponseBody().write(body.getBytes());
      http.close();
    });
    server.start();
    for (boolean validation : new boolean[] {false, true}) {
      OpenAIClient client = OpenAIOkHttpClient.builder().apiKey("k").maxRetries(0)
          .baseUrl("http://127.0.0.1:" + server.getAddress().getPort() + "/v1")
          .responseValidation(validation).build();
      String name = validation ? "validating, " : "";
      CompletionCreateParams completion =
          CompletionCreateParams.builder().model("m").prompt("zero").build();
      ChatCompletionCreateParams chat =
          ChatCompletionCreateParams.builder().model("m").addUserMessage("zero").build();
      report(name + "chat", () -> chat(client.chat().completions().createStreaming(chat)));
      report(name + "text", () -> text(client.completions().createStreaming(completion)));
      report(name + "finish reason",
          () -> reasons(client.completions().createStreaming(completion)));
    }
    System.exit(0);
  }
}
JAVA
timeout 300 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib
javac -cp 'lib/*' Completions.java

cat > expected <<'TEXT'
chat: one two
text: one two
finish reason: OpenAIInvalidDataException: `finish_reason` is null
validating, chat: one two
validating, text: OpenAIInvalidDataException: `finish_reason` is null
validating, finish reason: OpenAIInvalidDataException: `finish_reason` is null
TEXT
echo "openai-java 4.101.0"
timeout 60 java -cp 'lib/*:.' Completions 2>log | tee out ||
  { cat log >&2; exit 1; }
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: streamed completions are validated as whole ones"
