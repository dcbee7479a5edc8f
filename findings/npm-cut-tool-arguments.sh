#!/usr/bin/env bash
# A tool call whose arguments were cut off is handed out, or run, with arguments the model never
# wrote.
#
# Expected: when a chat stream ends inside the JSON of a tool call's arguments, a client raises an
# error or marks the call as invalid; half a JSON text is no arguments.
#
# What is so (2026-11; the call is remove_file with {"path":"/data/tmp/old.log"}, cut after
# "/data/tmp", the body then ends properly):
#   @langchain/openai 1.6.0 with @langchain/core 1.4.0: repairs the JSON by closing it. tool_calls
#     has a valid call with path "/data/tmp", invalid_tool_calls is empty.
#   @openrouter/ai-sdk-provider 3.1.0 with ai 7.0.173: runs the tool with {}, and reports the finish
#     reason "tool-calls", which nobody sent.
#   @ai-sdk/openai-compatible 3.0.92 in the same ai 7.0.173 does what is expected: the tool is not
#     run.
# If an error frame stands before the end, none of the three has a call.
#
# Why a gateway for LLM streams cares: it is the one that ends the body when a backend dies, and a
# clean end makes somebody's agent act on a wrong path. LLM Relay never ends a broken answer
# properly: it sends an error frame and closes the connection without the last chunk.
#
# Needs Node.js 20 or newer with npm, and the npm registry. Exits with 1 if the behaviour has
# changed.
set -euo pipefail
command -v npm >/dev/null || { echo "needs Node.js 20 or newer with npm" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true, "type": "module"}' > package.json
timeout 300 npm install --no-audit --no-fund --loglevel=error \
  @langchain/core@1.4.0 @langchain/openai@1.6.0 \
  openai@7.59.0 ai@7.0.173 @openrouter/ai-sdk-provider@3.1.0 @ai-sdk/openai-compatible@3.0.92 \
  zod@4.6.7   >npm.log 2>&1 || { cat npm.log >&2; exit 2; }

cat > tools.js <<'JS'
import http from 'node:http';
import { z } from 'zod';
import { streamText, stepCountIs, tool } from 'ai';
import { ChatOpenAI } from '@langchain/openai';
import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';

const chunk = (delta, finish_reason = null) => `data: ${JSON.stringify({ id: 'x',
  object: 'chat.completion.chunk', created: 1, model: 'm',
  choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const args = text => chunk({ tool_calls: [{ index: 0, function: { arguments: text } }] });
const half = chunk({ role: 'assistant', content: null, tool_calls: [
  { index: 0, id: 'call_1', type: 'function', function: { name: 'remove_file', arguments: '' } }] }) + args('{"path":"/data/tmp');
const streams = {
  whole: half + args('/old.log"}') + chunk({}, 'tool_calls') + 'data: [DONE]\n\n',
  cut: half,
  error: half + 'data: {"error":{"message":"backend lost","type":"server_error","code":"lost"}}\n\n',
};
const server = http.createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(streams[request.url.split('/')[1]]);
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));

async function run(model) {
  let ran = 'nothing', finish;
  const inputSchema = z.object({ path: z.string().optional() });
  const execute = async input => { ran = JSON.stringify(input); return 'done'; };
  const { fullStream } = streamText({ model, prompt: 'Hi', maxRetries: 0, stopWhen: stepCountIs(1),
    onError() {},
    tools: { remove_file: tool({ description: 'Removes files', inputSchema, execute }) } });
  for await (const part of fullStream) if (part.type === 'finish') finish = part.finishReason;
  return `ran ${ran}, finish reason ${finish}`;
}
const clients = {
  '@langchain/openai': async baseURL => {
    let all;
    const configuration = { baseURL };
    const model = new ChatOpenAI({ apiKey: 'k', model: 'm', maxRetries: 0, configuration });
    for await (const part of await model.stream('Hi')) all = all ? all.concat(part) : part;
    return `tool_calls ${all.tool_calls.map(call => JSON.stringify(call.args))}, `
      + `invalid_tool_calls ${all.invalid_tool_calls.length}`;
  },
  '@openrouter/ai-sdk-provider': baseURL =>
    run(createOpenRouter({ apiKey: 'k', baseURL })('m')),
  '@ai-sdk/openai-compatible': baseURL =>
    run(createOpenAICompatible({ name: 'x', apiKey: 'k', baseURL })('m')),
};
process.on('unhandledRejection', () => {});
setTimeout(() => process.exit(3), 30000);
for (const [name, read] of Object.entries(clients)) {
  for (const stream of Object.keys(streams)) {
    const result = await read(`http://127.0.0.1:${server.address().port}/${stream}`)
      .catch(error => `raised ${error.message}`);
    console.log(`${name}, ${stream}: ${result}`);
  }
}
process.exit(0);
JS
timeout 90 node tools.js 2>log | tee out ||
  { cat log >&2; exit 1; }

cat > expected <<'TEXT'
@langchain/openai, whole: tool_calls {"path":"/data/tmp/old.log"}, invalid_tool_calls 0
@langchain/openai, cut: tool_calls {"path":"/data/tmp"}, invalid_tool_calls 0
@langchain/openai, error: raised backend lost
@openrouter/ai-sdk-provider, whole: ran {"path":"/data/tmp/old.log"}, finish reason tool-calls
@openrouter/ai-sdk-provider, cut: ran {}, finish reason tool-calls
@openrouter/ai-sdk-provider, error: ran nothing, finish reason error
@ai-sdk/openai-compatible, whole: ran {"path":"/data/tmp/old.log"}, finish reason tool-calls
@ai-sdk/openai-compatible, cut: ran nothing, finish reason error
@ai-sdk/openai-compatible, error: ran nothing, finish reason error
TEXT
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: two of three clients make a call of the half arguments"
