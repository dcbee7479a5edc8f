#!/usr/bin/env bash
# How the AI SDK tells of a lost answer depends on the provider package and on how the answer was
# lost.
#
# Expected: a loop over streamText(...).textStream either raises an error when the answer breaks off
# or, as its documentation says of errors in the stream, reports it to onError; the same for every
# provider, and the request is repeated only if no answer had come.
#
# What is so (ai 7.0.173 with three of its providers, 2026-11): after an error frame and a proper
# end the loop ends as after a whole answer, onError is called. After a closed connection the loop
# raises with @ai-sdk/openai-compatible 3.0.92 and @ai-sdk/openai 4.0.118, and then onError is not
# called; with @openrouter/ai-sdk-provider 3.1.0 onError is called and the loop ends quietly, as it
# does after anything. A proper end without finish reason and [DONE] is an error for
# openai-compatible only. And @ai-sdk/openai takes a response of status 200 that has already
# delivered its role chunk, but no text, for a failed request if an error frame follows: it sends
# the request twice more.
#
# Why a gateway for LLM streams cares: no single ending is heard everywhere. An error frame with a
# proper end is silence for a plain loop; a closed connection alone is silence for onError, and its
# reason is lost. LLM Relay sends the error frame and then closes the connection without the last
# chunk: both channels are served, where the provider has them. A failure before the first chunk is
# a status, not a frame.
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
  ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 \
  @ai-sdk/openai@4.0.118 @openrouter/ai-sdk-provider@3.1.0 zod@4.6.7 \
  >npm.log 2>&1 || { cat npm.log >&2; exit 2; }

cat > lost.js <<'JS'
import http from 'node:http';
import { streamText } from 'ai';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createOpenRouter } from '@openrouter/ai-sdk-provider';

const chunk = (delta, finish_reason = null) => `data: ${JSON.stringify({ id: 'x',
  object: 'chat.completion.chunk', created: 1, model: 'm',
  choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const half = chunk({ role: 'assistant', content: 'half' });
const error = 'data: {"error":{"message":"backend lost","type":"server_error","code":"lost"}}\n\n';
const answers = {
  'whole': { body: half + chunk({}, 'stop') + 'data: [DONE]\n\n', end: true },
  'proper end': { body: half, end: true },
  'error frame, proper end': { body: half + error, end: true },
  'closed connection': { body: half },
  'error frame, closed connection': { body: half + error },
  'error frame after the role': { body: chunk({ role: 'assistant' }) + error, end: true },
};
let requests;
const server = http.createServer((request, response) => {
  request.resume();
  requests++;
  const { body, end } = Object.values(answers)[request.url.split('/')[1]];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(body);
  setTimeout(() => end ? response.end() : response.socket.end(), 100);
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));

const apiKey = 'k';
const providers = {
  'openai-compatible': baseURL => createOpenAICompatible({ name: 'x', apiKey, baseURL })('m'),
  'openai': baseURL => createOpenAI({ apiKey, baseURL }).chat('m'),
  'openrouter': baseURL => createOpenRouter({ apiKey, baseURL })('m'),
};
process.on('unhandledRejection', () => {});
setTimeout(() => process.exit(3), 60000);
for (const [i, answer] of Object.keys(answers).entries()) {
  for (const [name, provider] of Object.entries(providers)) {
    let loop = 'ends', reported = false;
    requests = 0;
    const model = provider(`http://127.0.0.1:${server.address().port}/${i}`);
    const { textStream } = streamText({ model, prompt: 'Hi', onError() { reported = true; } });
    try {
      for await (const text of textStream);
    } catch {
      loop = 'raises';
    }
    console.log(`${answer}, ${name}: loop ${loop}${reported ? ', onError' : ''}`
      + (requests > 1 ? `, ${requests} requests` : ''));
  }
}
process.exit(0);
JS
timeout 90 node lost.js 2>log | tee out ||
  { cat log >&2; exit 1; }

cat > expected <<'TEXT'
whole, openai-compatible: loop ends
whole, openai: loop ends
whole, openrouter: loop ends
proper end, openai-compatible: loop ends, onError
proper end, openai: loop ends
proper end, openrouter: loop ends
error frame, proper end, openai-compatible: loop ends, onError
error frame, proper end, openai: loop ends, onError
error frame, proper end, openrouter: loop ends, onError
closed connection, openai-compatible: loop raises
closed connection, openai: loop raises
closed connection, openrouter: loop ends, onError
error frame, closed connection, openai-compatible: loop raises, onError
error frame, closed connection, openai: loop raises, onError
error frame, closed connection, openrouter: loop ends, onError
error frame after the role, openai-compatible: loop ends, onError
error frame after the role, openai: loop ends, onError, 3 requests
error frame after the role, openrouter: loop ends, onError
TEXT
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: only an error frame and a closed connection together reach both channels"
