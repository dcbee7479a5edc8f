#!/usr/bin/env bash
# The AI SDK refers to answers as stored although the server has said that it stores nothing.
#
# Expected: a client of the Responses API that continues a conversation by its own list of messages
# sends these messages; or, where it refers to items by their ids, does so only if the server has
# stored them, which the response says in its field "store".
#
# What is so (ai 7.0.173 with @ai-sdk/openai 4.0.118, 2026-11): with the default settings an
# assistant's text in the history is sent as {"type": "item_reference", "id": ...} without the text,
# also where the response had "store": false. The default of the option "store" decides alone. With
# the option "store: false" of the provider the text itself is sent.
#
# Seen:
#   default: reference to msg_1
#   store false: text
#
# Why a gateway for LLM streams cares: a gateway that stores nothing, or that fails over to another
# account or vendor, cannot know what the id stands for: the conversation has lost a turn. It must
# refuse such a request by name and say what to send instead; leaving the item out would change the
# conversation without a word. LLM Relay does so, and does without references to reasoning alone.
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
  ai@7.0.173 @ai-sdk/openai@4.0.118 zod@4.6.7 \
  >npm.log 2>&1 || { cat npm.log >&2; exit 2; }

cat > references.js <<'JS'
import http from 'node:http';
import { generateText } from 'ai';
import { createOpenAI } from '@ai-sdk/openai';

const response = {
  id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'some-model',
  store: false, error: null, incomplete_details: null,
  output: [{ id: 'msg_1', type: 'message', status: 'completed', role: 'assistant',
    content: [{ type: 'output_text', text: 'Hello!', annotations: [], logprobs: [] }] }],
  usage: { input_tokens: 1, input_tokens_details: { cached_tokens: 0 }, output_tokens: 1,
    output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 2 },
};
let body;
const server = http.createServer((request, reply) => {
  let text = '';
  request.on('data', data => { text += data; });
  request.on('end', () => {
    body = JSON.parse(text);
    reply.writeHead(200, { 'content-type': 'application/json' });
    reply.end(JSON.stringify(response));
  });
}).listen(0, '127.0.0.1', async () => {
  const baseURL = `http://127.0.0.1:${server.address().port}/v1`;
  const model = createOpenAI({ baseURL, apiKey: 'none' })('some-model');
  const secondTurn = async providerOptions => {
    const messages = [{ role: 'user', content: 'Hi' }];
    const first = await generateText({ model, messages, providerOptions });
    messages.push(...first.response.messages, { role: 'user', content: 'Again' });
    await generateText({ model, messages, providerOptions });
    const answer = body.input[1];
    return answer.type === 'item_reference' ? `reference to ${answer.id}` : 'text';
  };
  console.log(`default: ${await secondTurn(undefined)}`);
  console.log(`store false: ${await secondTurn({ openai: { store: false } })}`);
  server.close();
});
JS
timeout 60 node references.js > out.txt
cat out.txt
expected='default: reference to msg_1
store false: text'
[ "$(cat out.txt)" = "$expected" ] || { echo "the behaviour has changed" >&2; exit 1; }
