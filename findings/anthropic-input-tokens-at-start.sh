#!/usr/bin/env bash
# LangChain.js and Spring AI count the input tokens of an Anthropic stream as its first event has
# them.
#
# Expected: the usage of a streamed message is that of its last message_delta event. Anthropic
# documents those counts as cumulative, and its example of a web search begins with 2,679 input
# tokens and ends with 10,682, since what a tool of the server has found is input, too.
#
# What is so (2026-11; a stream that begins with 100 input and 1 output tokens and ends with 9,000
# and 30): @langchain/anthropic 1.5.11 counts 100 and 31, Spring AI 1.1.2 counts 100 and 30. The
# counts of the end have @anthropic-ai/sdk 1.14.0, the AI SDK (7.0.173 with @ai-sdk/anthropic
# 4.0.105), anthropic-java 3.14.0 and LangChain4j 1.19.0.
#
# Why a gateway for LLM streams cares: one that translates another API into Anthropic's does not
# know the input tokens before the end, and what it puts into message_start, zero perhaps, is what
# some of its clients take for the usage and others never see. LLM Relay puts its estimate there and
# the backend's count into message_delta.
#
# Needs a JDK 17 or newer, Node.js 20 or newer with npm, the npm registry and Maven Central. Exits
# with 1 if the behaviour has changed.
set -euo pipefail
command -v javac >/dev/null || { echo "needs a JDK 17 or newer on the PATH" >&2; exit 2; }
command -v npm >/dev/null || { echo "needs Node.js 20 or newer with npm" >&2; exit 2; }
repo=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true, "type": "module"}' > package.json
timeout 300 npm install --no-audit --no-fund --loglevel=error @anthropic-ai/sdk@1.14.0 ai@7.0.173 \
  @ai-sdk/anthropic@4.0.105 @langchain/core@1.4.0 @langchain/anthropic@1.5.11 zod@4.6.7 \
  >npm.log 2>&1 || { cat npm.log >&2; exit 2; }
cat > pom.xml <<'POM'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>findings</groupId><artifactId>input-tokens</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.anthropic</groupId><artifactId>anthropic-java</artifactId><version>3.14.0</version>
    </dependency>
    <dependency>
      <groupId>dev.langchain4j</groupId><artifactId>langchain4j-anthropic</artifactId>
      <version>1.19.0</version>
    </dependency>
    <dependency>
      <groupId>org.springframework.ai</groupId><artifactId>spring-ai-anthropic</artifactId>
      <version>1.1.2</version>
    </dependency>
  </dependencies>
</project>
POM
timeout 400 "$repo/mvnw" -q -B -ntp -f pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory=lib

cat > Tokens.java <<'JAVA'
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.MessageCreateParams;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.chat.response.*;
import java.util.concurrent.*;
import org.springframework.ai.anthropic.AnthropicChatModel;
import org.springframework.ai.anthropic.api.AnthropicApi;
import org.springframework.ai.chat.prompt.Prompt;

public class Tokens {
  static void print(String client, Object input, Object output) {
    System.out.println(client + ": " + input + " input, " + output + " output");
  }

  public static void main(String[] args) throws Exception {
    String url = args[0];
    MessageAccumulator message = MessageAccumulator.create();
    try (var stream = AnthropicOkHttpClient.builder().apiKey("k").baseUrl(url).build().messages()
        .createStreaming(MessageCreateParams.builder().model("m").maxTokens(99)
            .addUserMessage("Hi").build())) {
      stream.stream().forEach(message::accumulate);
    }
    var usage = message.message().usage();
    print("anthropic-java", usage.inputTokens(), usage.outputTokens());

    CompletableFuture<ChatResponse> complete = new CompletableFuture<>();
    AnthropicStreamingChatModel.builder().apiKey("k").modelName("m").baseUrl(url + "/v1").build()
        .chat("Hi", new StreamingChatResponseHandler() {
          @Override public void onPartialResponse(String text) {}

          @Override public void onCompleteResponse(ChatResponse response) {
            complete.complete(response);
          }

          @Override public void onError(Throwable cause) {
            complete.completeExceptionally(cause);
          }
        });
    var tokens = complete.get(20, TimeUnit.SECONDS).metadata().tokenUsage();
    print("LangChain4j", tokens.inputTokenCount(), tokens.outputTokenCount());

    var api = AnthropicApi.builder().baseUrl(url).apiKey("k").build();
    var last = AnthropicChatModel.builder().anthropicApi(api).build().stream(new Prompt("Hi"))
        .blockLast().getMetadata().getUsage();
    print("Spring AI", last.getPromptTokens(), last.getCompletionTokens());
    System.exit(0);
  }
}
JAVA
javac -cp 'lib/*' Tokens.java

cat > tokens.js <<'JS'
import { spawn } from 'node:child_process';
import http from 'node:http';
import { createAnthropic } from '@ai-sdk/anthropic';
import Anthropic from '@anthropic-ai/sdk';
import { ChatAnthropic } from '@langchain/anthropic';
import { streamText } from 'ai';

const cache = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
const events = [
  { type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm',
    content: [], stop_reason: null, stop_sequence: null,
    usage: { input_tokens: 100, ...cache, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { input_tokens: 9000, ...cache, output_tokens: 30 } },
  { type: 'message_stop' },
];
const server = http.createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(events.map(e => `event: ${e.type}\ndata: ${JSON.stringify(e)}\n\n`).join(''));
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}`;
const print = (client, input, output) => console.log(`${client}: ${input} input, ${output} output`);

const apiKey = 'k', messages = [{ role: 'user', content: 'Hi' }];
const { usage } = await new Anthropic({ apiKey, baseURL: url }).messages
  .stream({ model: 'm', max_tokens: 99, messages }).finalMessage();
print('@anthropic-ai/sdk', usage.input_tokens, usage.output_tokens);
const answer = streamText({ messages, maxOutputTokens: 99,
  model: createAnthropic({ apiKey, baseURL: url + '/v1' })('claude-sonnet-4-5') });
await answer.consumeStream();
const { inputTokens, outputTokens } = await answer.usage;
print('AI SDK', inputTokens, outputTokens);
let all;
for await (const chunk of await new ChatAnthropic({ apiKey, model: 'm', anthropicApiUrl: url })
  .stream('Hi')) {
  all = all ? all.concat(chunk) : chunk;
}
print('@langchain/anthropic', all.usage_metadata.input_tokens, all.usage_metadata.output_tokens);
spawn('java', ['-cp', 'lib/*:.', 'Tokens', url], { stdio: ['ignore', 'inherit', 'inherit'] })
  .on('close', code => process.exit(code));
JS
timeout 120 node tokens.js 2>log | tee out || { cat log >&2; exit 1; }

cat > expected <<'TEXT'
@anthropic-ai/sdk: 9000 input, 30 output
AI SDK: 9000 input, 30 output
@langchain/anthropic: 100 input, 31 output
anthropic-java: 9000 input, 30 output
LangChain4j: 9000 input, 30 output
Spring AI: 100 input, 30 output
TEXT
diff expected out >/dev/null || { echo "changed, was:"; cat expected; cat log >&2; exit 1; }
echo "as described: two of six clients take the counts of the first event"
