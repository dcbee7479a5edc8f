#!/usr/bin/env bash
# A loop over an answer that is left by "break" leaves the answer running, with the AI SDK and others.
#
# Expected: "break" in a for-await loop over a stream cancels the stream and closes the connection,
# as the protocol of asynchronous iterators provides for (return()) and as the SDKs of OpenAI and
# Anthropic do.
#
# What is so (2026-11, Node.js 20 and 24; a server that sends a word each 20 ms, the loop is left
# after three): the connection is still open and the server still sending two seconds later with
#   textStream and fullStream of ai 7.0.173, with three providers,
#   ollama 0.6.4, @google/genai 3.3.0 and @huggingface/inference 4.13.30.
# It is closed at once by openai 7.59.0, @anthropic-ai/sdk 1.14.0, @langchain/openai 1.6.0,
# @mistralai/mistralai 2.7.0, cohere-ai 8.1.0 and groq-sdk 1.6.0. The others do not read on either:
# what is sent fills the buffers of the sockets, which hold most answers whole.
#
# Why a gateway for LLM streams cares: it sees a client that is connected and takes all that it
# sends, so the answer is generated and billed to its end. Only a longer one stops, when the buffers
# are full. LLM Relay cancels a request whose client has taken nothing for gateway.write-idle-timeout
# while bytes wait for it; what is in the buffers it cannot tell from what is read. Applications
# must abort explicitly: by an AbortSignal, with ollama by its abort().
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
  ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 @ai-sdk/openai@4.0.118 @ai-sdk/anthropic@4.0.105 \
  zod@4.6.7 ollama@0.6.4 @google/genai@3.3.0 @huggingface/inference@4.13.30 openai@7.59.0 \
  @anthropic-ai/sdk@1.14.0 @langchain/core@1.4.0 @langchain/openai@1.6.0 \
  @mistralai/mistralai@2.7.0 cohere-ai@8.1.0 groq-sdk@1.6.0 \
  >npm.log 2>&1 || { cat npm.log >&2; exit 2; }

cat > leave.js <<'JS'
import http from 'node:http';
import { streamText } from 'ai';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { InferenceClient } from '@huggingface/inference';
import { ChatOpenAI } from '@langchain/openai';
import { Mistral } from '@mistralai/mistralai';
import { CohereClientV2 } from 'cohere-ai';
import Groq from 'groq-sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';

const data = value => `data: ${JSON.stringify(value)}\n\n`;
const event = value => `event: ${value.type}\n${data(value)}`;
const chunk = delta => data({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm',
  choices: [{ index: 0, delta, finish_reason: null }] });
const usage = { input_tokens: 1, output_tokens: 1 };
// What each API sends first, and then again and again.
const apis = {
  chat: [chunk({ role: 'assistant', content: '' }), chunk({ content: 'word ' })],
  messages: [
    event({ type: 'message_start', message: { id: 'x', type: 'message', role: 'assistant', model: 'm',
      content: [], stop_reason: null, stop_sequence: null, usage } })
      + event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'word ' } })],
  ollama: ['', JSON.stringify({ model: 'm', created_at: '2026-11-01T00:00:00Z',
    message: { role: 'assistant', content: 'word ' }, done: false }) + '\n'],
  gemini: ['', data({ candidates: [{ index: 0,
    content: { role: 'model', parts: [{ text: 'word ' }] } }] })],
  cohere: [
    event({ type: 'message-start', id: 'x', delta: { message: { role: 'assistant', content: [],
      tool_plan: '', tool_calls: [], citations: [] } } })
      + event({ type: 'content-start', index: 0,
        delta: { message: { content: { type: 'text', text: '' } } } }),
    event({ type: 'content-delta', index: 0, delta: { message: { content: { text: 'word ' } } } })],
};
const sending = {};
const server = http.createServer((request, response) => {
  request.resume();
  const [, client, api] = request.url.split('/');
  const [first, more] = apis[api];
  response.writeHead(200, {
    'content-type': api === 'ollama' ? 'application/x-ndjson' : 'text/event-stream' });
  response.write(first);
  const timer = setInterval(() => response.write(more), 20);
  sending[client] = true;
  response.on('close', () => {
    clearInterval(timer);
    sending[client] = false;
  });
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));

const apiKey = 'k', messages = [{ role: 'user', content: 'Hi' }];
const call = { model: 'm', messages, stream: true };
const compatible = baseURL =>
  streamText({ messages, model: createOpenAICompatible({ name: 'x', apiKey, baseURL })('m') });
const clients = {
  'ai, openai-compatible, textStream': ['chat', url => compatible(url).textStream],
  'ai, openai-compatible, fullStream': ['chat', url => compatible(url).fullStream],
  'ai, openai, textStream': ['chat', baseURL =>
    streamText({ messages, model: createOpenAI({ apiKey, baseURL }).chat('m') }).textStream],
  'ai, anthropic, textStream': ['messages', baseURL => streamText({ messages, maxOutputTokens: 99,
    model: createAnthropic({ apiKey, baseURL })('claude-sonnet-4-5') }).textStream],
  'ollama': ['ollama', host => new Ollama({ host }).chat(call)],
  '@google/genai': ['gemini', baseUrl => new GoogleGenAI({ apiKey, httpOptions: { baseUrl } })
    .models.generateContentStream({ model: 'm', contents: 'Hi' })],
  '@huggingface/inference': ['chat', endpointUrl =>
    new InferenceClient(apiKey, { endpointUrl }).chatCompletionStream({ model: 'm', messages })],
  'openai': ['chat', baseURL => new OpenAI({ apiKey, baseURL }).chat.completions.create(call)],
  '@anthropic-ai/sdk': ['messages', baseURL =>
    new Anthropic({ apiKey, baseURL }).messages.create({ ...call, max_tokens: 99 })],
  '@langchain/openai': ['chat', baseURL =>
    new ChatOpenAI({ apiKey, model: 'm', configuration: { baseURL } }).stream('Hi')],
  '@mistralai/mistralai': ['chat', serverURL =>
    new Mistral({ apiKey, serverURL }).chat.stream({ model: 'm', messages })],
  'cohere-ai': ['cohere', environment =>
    new CohereClientV2({ token: apiKey, environment }).chatStream({ model: 'm', messages })],
  'groq-sdk': ['chat', baseURL => new Groq({ apiKey, baseURL }).chat.completions.create(call)],
};
process.on('unhandledRejection', () => {});
setTimeout(() => process.exit(3), 60000);
for (const [i, [name, [api, start]]] of Object.entries(clients).entries()) {
  let parts = 0;
  for await (const part of await start(`http://127.0.0.1:${server.address().port}/${i}/${api}`)) {
    if (++parts === 3) break;
  }
  for (let waited = 0; sending[i] && waited < 2000; waited += 50) {
    await new Promise(resolve => setTimeout(resolve, 50));
  }
  console.log(`${name}: ${sending[i] ? 'still running' : 'closed'}`);
}
process.exit(0);
JS
timeout 90 node leave.js 2>log | tee out || { cat log >&2; exit 1; }

cat > expected <<'TEXT'
ai, openai-compatible, textStream: still running
ai, openai-compatible, fullStream: still running
ai, openai, textStream: still running
ai, anthropic, textStream: still running
ollama: still running
@google/genai: still running
@huggingface/inference: still running
openai: closed
@anthropic-ai/sdk: closed
@langchain/openai: closed
@mistralai/mistralai: closed
cohere-ai: closed
groq-sdk: closed
TEXT
diff expected out >/dev/null || { echo "changed, was:"; cat expected; exit 1; }
echo "as described: seven of 13 loops leave the answer running"
